import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { FailureError, inEnglish } from '../../electron/contract/index.ts'
import { Database } from '../../electron/store/file/database.ts'
import { openProject } from '../../electron/store/index.ts'
import { titled } from '../support/messages.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'

/** A closed project with three labels, changed by a stranger with SQL; and how many labels its log holds. */
function changedBy(sql: string) {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(10))
  project.label({ slideId, reader: 'r', title: titled('t'), ids: ids.slice(0, 3), classId: 2 })
  project.close()
  const raw = new DatabaseSync(project.path)
  raw.exec(sql)
  raw.close()
  return { path: project.path, ids }
}

const stored = (path: string): number => {
  const raw = new DatabaseSync(path, { readOnly: true })
  const { n } = raw.prepare('SELECT count(*) AS n FROM stepChange').get() as { n: number }
  raw.close()
  return n
}

function refusalOf(path: string): string {
  try {
    openProject(path).close()
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    expect(error.failure.kind).toBe('unreadable')
    return inEnglish(error.failure.message)
  }
  throw new Error('Expected a failure; it was opened.')
}

const deleting = "DELETE FROM labelBlock; DELETE FROM seal WHERE tableName = 'labelBlock';"

test.each([
  ['a trigger', `CREATE TRIGGER tidy AFTER UPDATE ON setting BEGIN ${deleting} END`, 'tidy'],
  ['a trigger at insertion', `CREATE TRIGGER tidyToo AFTER INSERT ON step BEGIN ${deleting} END`, 'tidyToo'],
  ['a view', 'CREATE VIEW extra AS SELECT hex(randomblob(1000)) AS x FROM step', 'extra'],
  ["a view in a table's place", 'DROP TABLE region; CREATE VIEW region AS SELECT 1 AS id FROM step', 'region'],
  ['a virtual table', 'CREATE VIRTUAL TABLE found USING fts5 (x)', 'found'],
])(
  'a project with %s that Karyon did not make is refused by name, not rescued, and keeps its labels',
  (_, sql, name) => {
    const { path } = changedBy(sql)
    const before = stored(path)
    const said = refusalOf(path)
    expect(said).toContain('triggers, views or virtual tables that Karyon does not make')
    expect(said).toContain(name)
    expect(existsSync(`${path}.damaged`)).toBe(false)
    expect(stored(path)).toBe(before)
  },
)

test("a trigger with a name of Karyon's and foreign SQL never runs: the project is rescued without it and keeps its labels", () => {
  const { path, ids } = changedBy(
    `DROP TRIGGER stepIsKept; CREATE TRIGGER stepIsKept AFTER INSERT ON step BEGIN ${deleting} END`,
  )
  const project = openProject(path)
  onTestFinished(() => project.close())
  expect(existsSync(`${path}.damaged`)).toBe(true)
  expect([...project.labels.labelsOf(ids)]).toEqual([2, 2, 2, 0, 0, 0, 0, 0, 0, 0])
  const [slide] = project.slides.all()
  project.label({ slideId: slide.id, reader: 'r', title: titled('t'), ids: ids.slice(5, 6), classId: 1 })
  expect([...project.labels.labelsOf(ids)]).toEqual([2, 2, 2, 0, 0, 1, 0, 0, 0, 0])
})

test('the files beside a refused project are as before', () => {
  const { path } = changedBy('CREATE VIEW extra AS SELECT 1')
  const before = readdirSync(dirname(path)).sort()
  refusalOf(path)
  expect(readdirSync(dirname(path)).sort()).toEqual(before)
})

test("the SQL inside a project file cannot call Karyon's functions or change the file's structure", () => {
  const { path } = changedBy('CREATE VIEW extra AS SELECT calledBack(1) AS x')
  const db = new Database(path)
  onTestFinished(() => db.close())
  let calls = 0
  db.define('calledBack', () => ++calls)
  expect(() => db.all('SELECT * FROM extra')).toThrow('unsafe use of calledBack()')
  expect(calls).toBe(0)
  db.exec('PRAGMA writable_schema = ON')
  expect(() => db.exec("DELETE FROM sqlite_schema WHERE name = 'step'")).toThrow('may not be modified')
})

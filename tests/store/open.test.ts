import { says, titled } from '../support/messages.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { FailureError, type Failure, inEnglish } from '../../electron/contract/index.ts'
import { createProject, openProject } from '../../electron/store/index.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'

function failureOf(work: () => unknown): Failure {
  try {
    work()
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error('Expected a failure; it succeeded.')
}

test('a project keeps slides, nuclei and labels over closing and opening', () => {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(10))
  project.label({ slideId, reader: 'r', title: titled('t'), ids: [ids[3]], classId: 2 })
  project.close()
  const again = openProject(project.path)
  onTestFinished(() => again.close())
  expect([...again.nuclei.of(slideId).id]).toEqual([...ids])
  expect([...again.labels.labelsOf(ids)]).toEqual([0, 0, 0, 2, 0, 0, 0, 0, 0, 0])
  expect(again.slides.get(slideId).nuclei).toBe(10)
})

test('a missing, empty, foreign or foreign-SQLite file and a folder are refused with a sentence and left as they were', () => {
  const folder = temporaryFolder()
  const path = (name: string) => join(folder, name)
  writeFileSync(path('empty.karyon'), '')
  writeFileSync(path('text.karyon'), 'a letter to a friend '.repeat(50))
  const other = new DatabaseSync(path('other.karyon'))
  other.exec('CREATE TABLE t (x)')
  other.close()
  mkdirSync(path('folder.karyon'))
  expect(failureOf(() => openProject(path('missing.karyon')))).toMatchObject({ kind: 'not-found' })
  expect(failureOf(() => openProject(path('folder.karyon')))).toMatchObject({ kind: 'invalid-input' })
  for (const name of ['empty.karyon', 'text.karyon', 'other.karyon']) {
    const before = readFileSync(path(name))
    const failure = failureOf(() => openProject(path(name)))
    expect(failure.kind).toBe('unreadable')
    expect(inEnglish(failure.message)).toContain(name)
    expect(readFileSync(path(name)).equals(before)).toBe(true)
  }
})

test('a project of a newer Karyon is refused and left unchanged', () => {
  const { project } = temporaryProject()
  project.close()
  const raw = new DatabaseSync(project.path)
  raw.exec('PRAGMA user_version = 999')
  raw.close()
  expect(failureOf(() => openProject(project.path))).toMatchObject({
    kind: 'unsupported',
    message: says('newer Karyon (file version 999'),
  })
})

test('a truncated project is refused with a sentence', () => {
  const { project, slideId, folder } = temporaryProject()
  project.nuclei.append(slideId, squareNuclei(5000))
  project.close()
  const cut = join(folder, 'cut.karyon')
  copyFileSync(project.path, cut)
  truncateSync(cut, 20_000)
  const failure = failureOf(() => {
    const opened = openProject(cut)
    try {
      opened.nuclei.of(slideId)
    } finally {
      opened.close()
    }
  })
  expect(failure.kind).toBe('unreadable')
})

test('a second process that opens the same project is told which process has it open', async () => {
  const { project, slideId } = temporaryProject()
  project.nuclei.append(slideId, squareNuclei(1))
  const opener = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url))
  const child = spawn(process.execPath, [opener, 'project', 'info', project.path])
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = await once(child, 'close')
  expect(code).not.toBe(0)
  expect(said).toContain('can be open only once')
  expect(said).toContain(`process ${process.pid}`)
})

test('a new project never overwrites a file', () => {
  const { project } = temporaryProject()
  expect(failureOf(() => createProject(project.path)).message).toMatchObject({ key: 'projectTaken' })
})

test('a project cannot be made in a read-only folder, and nothing is left behind', () => {
  const folder = temporaryFolder()
  const asRoot = process.getuid?.() === 0
  mkdirSync(join(folder, 'locked'), { mode: 0o555 })
  // Root may write anywhere: the rights only count for somebody else.
  if (asRoot) process.seteuid?.(65_534)
  try {
    expect(failureOf(() => createProject(join(folder, 'locked', 'p.karyon')))).toMatchObject({ kind: 'read-only' })
  } finally {
    if (asRoot) process.seteuid?.(0)
  }
  expect(readdirSync(join(folder, 'locked'))).toEqual([])
})

test('on a network share there is no write-ahead log, only one process opens the project, and every label is in the file at once', () => {
  const { project, slideId, folder } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(10))
  project.close()
  const shared = openProject(project.path, { onShare: true })
  onTestFinished(() => shared.close())
  shared.label({ slideId, reader: 'r', title: titled('t'), ids, classId: 2 })
  expect(readdirSync(folder)).not.toContain('test.karyon-wal')
  expect(failureOf(() => openProject(project.path, { onShare: true })).kind).toBe('busy')
  expect(failureOf(() => openProject(project.path)).kind).toBe('busy')
  const copy = join(folder, 'copy.karyon')
  copyFileSync(project.path, copy)
  const elsewhere = openProject(copy)
  onTestFinished(() => elsewhere.close())
  expect([...elsewhere.labels.labelsOf(ids)]).toEqual([...shared.labels.labelsOf(ids)])
})

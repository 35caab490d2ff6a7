import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { outlineOf } from '../../electron/contract/index.ts'
import { openProject } from '../../electron/store/index.ts'
import { replayedLabels } from '../../electron/store/maintenance.ts'
import { migrations } from '../../electron/store/schema.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'

const kept = (version: number) => fileURLToPath(new URL(`files/version-${version}.karyon`, import.meta.url))

test('there is a kept file of every older version', () => {
  for (let version = 1; version < migrations.length; version++)
    expect(existsSync(kept(version)), `${version}`).toBe(true)
})

test('a project of version 1 opens with all it held, and a backup lies beside it', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(1), path)
  const project = openProject(path)
  onTestFinished(() => project.close())
  const [slide] = project.slides.all()
  expect(slide).toMatchObject({ nuclei: 300, labelled: 10, givenMpp: 0.25 })
  const nuclei = project.nuclei.of(slide.id)
  const expected = squareNuclei(300)
  expect([...nuclei.id]).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  expect([...outlineOf(nuclei, 217)]).toEqual([...outlineOf(expected, 217)])
  expect([...project.labels.labelsOf(nuclei.id.slice(0, 12))]).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 0, 0])
  expect(replayedLabels(project)).toEqual(project.labels.blocks)
  expect(project.log.steps(9).map((s) => [s.title, s.reason, s.reader, s.undone])).toEqual([
    ['10 nuclei → inflammatory', '', 'Dr Ada', false],
    ['5 nuclei → epithelial', 'second look', 'Dr Ada', false],
    ['1 nucleus → no label', '', 'Dr Ada', true],
  ])
  expect(project.log.redo('Dr Bo')?.step.title).toBe('1 nucleus → no label')
  const [run] = project.runs.all()
  expect(project.acceptance.speaking(slide.id).runId).toBe(run.id)
  const { known, probabilities } = project.runs.predictions(run.id, project.nuclei.heads(slide.id))
  expect(known.every((k) => k === 1)).toBe(true)
  expect(probabilities[0] / 65_535).toBeCloseTo(0.25, 4)
  expect(project.settings.get('reader')).toBe('Dr Ada')
  const backup = new DatabaseSync(`${path}.version-1.backup`)
  onTestFinished(() => backup.close())
  expect(backup.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 })
  expect(backup.prepare('SELECT count(*) AS n FROM step').get()).toEqual({ n: 6 })
})

test('a migrated project and a new one have the same tables', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(1), path)
  openProject(path).close()
  const { project } = temporaryProject()
  project.close()
  const tables = (file: string) => {
    const raw = new DatabaseSync(file)
    const rows = raw.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all()
    raw.close()
    return rows
  }
  expect(tables(path)).toEqual(tables(project.path))
})

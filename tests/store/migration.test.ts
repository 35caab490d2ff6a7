import { inEnglish } from '../../electron/contract/index.ts'
import { titled } from '../support/messages.ts'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openProject, shownClasses } from '../../electron/store/index.ts'
import { replayedLabels } from '../../electron/store/rescue/check.ts'
import { migrations } from '../../electron/store/file/schema.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'
import { outlineOf } from '../../models/nuclei/nuclei.ts'

const kept = (version: number) => fileURLToPath(new URL(`files/version-${version}.karyon`, import.meta.url))

test('there is a kept file of every older version', () => {
  for (let version = 1; version < migrations.length; version++)
    expect(existsSync(kept(version)), `${version}`).toBe(true)
})

test('a project of version 1 opens with all its content, and a backup is kept beside it', () => {
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
  expect(project.log.steps(9).map((s) => [inEnglish(s.title), s.reason, s.reader, s.undone])).toEqual([
    ['10 nuclei → inflammatory', '', 'Dr Ada', false],
    ['5 nuclei → epithelial', 'second look', 'Dr Ada', false],
    ['1 nucleus → no label', '', 'Dr Ada', true],
  ])
  expect(project.log.redo('Dr Bo')?.step.title).toEqual(titled('1 nucleus → no label'))
  const [run] = project.runs.all()
  expect(project.acceptance.shownRuns(slide.id).runId).toBe(run.id)
  const { known, probabilities } = project.runs.predictions(run.id, project.nuclei.heads(slide.id))
  expect(known.every((k) => k === 1)).toBe(true)
  expect(probabilities[0] / 65_535).toBeCloseTo(0.25, 4)
  expect(project.settings.get('reader')).toBe('Dr Ada')
  const backup = new DatabaseSync(`${path}.version-1.backup`)
  onTestFinished(() => backup.close())
  expect(backup.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 })
  expect(backup.prepare('SELECT count(*) AS n FROM step').get()).toEqual({ n: 6 })
})

test('a project of version 2 opens with all its content', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(2), path)
  const project = openProject(path)
  onTestFinished(() => project.close())
  const [slide] = project.slides.all()
  expect(slide).toMatchObject({ nuclei: 300, labelled: 10, givenMpp: 0.25 })
  const head = project.nuclei.heads(slide.id)
  expect([...head.id]).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  expect([...project.labels.labelsOf(head.id.slice(0, 12))]).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 0, 0])
  expect(project.log.steps(9).map((s) => [s.kind, s.undone])).toEqual([
    ['label', false],
    ['label', false],
    ['outline', true],
    ['accept', false],
    ['region', false],
    ['note', false],
  ])
  const [run] = project.runs.all()
  expect(project.runs.predictions(run.id, head).known.every((known) => known === 1)).toBe(true)
  expect(project.acceptance.partialRuns(slide.id)).toEqual([{ runId: run.id, ids: Uint32Array.of(1, 2, 3, 4) }])
  expect(project.regions.all()).toMatchObject([{ name: 'front' }])
  expect(project.readings.all()).toMatchObject([{ reader: 'Dr Bo', count: 9 }])
  expect(project.log.undo('Dr Ada')?.step.title, 'notes are passed over').toEqual(titled('Region front'))
  expect(replayedLabels(project)).toEqual(project.labels.blocks)
})

test('a project of version 3 opens with all its content, its regions as regions of interest', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(3), path)
  const project = openProject(path)
  onTestFinished(() => project.close())
  expect(project.slides.all()).toMatchObject([{ nuclei: 300, labelled: 10 }])
  expect(project.regions.all()).toMatchObject([{ name: 'front', kind: 'interest' }])
  expect(project.log.redo('Dr Ada')?.step.title).toEqual(titled('Region back'))
  expect(project.regions.all()).toMatchObject([{ name: 'front' }, { name: 'back', kind: 'interest' }])
  expect(replayedLabels(project)).toEqual(project.labels.blocks)
})

test('a project of version 4 opens with all its content, and its history keeps its old wording', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(4), path)
  const project = openProject(path)
  onTestFinished(() => project.close())
  const [{ id: slideId }] = project.slides.all()
  expect(project.regions.all()).toMatchObject([{ name: 'front' }, { name: 'fold', kind: 'excluded' }])
  const said = { key: 'stepAgreed', params: { nuclei: 1200 } } as const
  project.label({ slideId, reader: 'Dr Ada', title: said, ids: [1], classId: 1 })
  expect(project.log.steps(2).map((step) => step.title)).toEqual([titled('Taken out of the tissue: fold'), said])
  expect(project.log.undo('Dr Ada')?.step.title).toEqual(said)
  expect(replayedLabels(project)).toEqual(project.labels.blocks)
})

test('a project of version 5 opens with all its content, and slides with nuclei count as searched', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(5), path)
  const project = openProject(path)
  onTestFinished(() => project.close())
  expect(project.slides.all()).toMatchObject([
    { nuclei: 300, labelled: 11, searched: null },
    { nuclei: 0, searched: [] },
  ])
  expect(project.log.undo('Dr Ada')?.step.title).toMatchObject({ key: 'stepAgreed' })
  expect(replayedLabels(project)).toEqual(project.labels.blocks)
})

test('a project of version 6 opens with all its content, and nothing in its runs is uncertain', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(6), path)
  const project = openProject(path)
  onTestFinished(() => project.close())
  const [run] = project.runs.all()
  expect(run).toMatchObject({ modelTitle: 'Model of 6', complete: true, uncertainBelow: null })
  const heads = project.nuclei.heads(run.slideId)
  const predictions = project.runs.predictions(run.id, heads)
  expect(predictions.known.every((known) => known === 1)).toBe(true)
  expect(shownClasses(new Uint16Array(heads.count), predictions).uncertain).toEqual(new Uint8Array(heads.count))
})

test('a project of version 7 opens with all its content, and its nuclei have no imported measurements', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(7), path)
  const project = openProject(path)
  onTestFinished(() => project.close())
  const [run] = project.runs.all()
  expect(run).toMatchObject({ modelTitle: 'Model of 6', complete: true })
  expect(project.imported.of(run.slideId, project.nuclei.heads(run.slideId))).toEqual({})
})

test('a damaged older project is not migrated as if it were sound', () => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(2), path)
  const raw = new DatabaseSync(path)
  raw.exec(`UPDATE slide SET givenMpp = 0.5`)
  raw.close()
  expect(() => openProject(path)).toThrow('The project is damaged')
})

test.for([1, 2, 3, 4, 5, 6])('a project migrated from version %i and a new one have the same tables', (version) => {
  const path = join(temporaryFolder(), 'old.karyon')
  copyFileSync(kept(version), path)
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

import { titled } from '../support/messages.ts'
import { expect, onTestFinished, test } from 'vitest'
import { answers, attempt, type Nuclei } from '../../electron/contract/index.ts'
import { agreements, editOutlines, openProject, type OutlineEdit } from '../../electron/store/index.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'
import { outlineOf } from '../../models/nuclei/nuclei.ts'

function furnished(count = 6) {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(count))
  project.classes.getOrAdd([{ name: 'a' }, { name: 'b' }])
  const label = (at: number[], classId: number) =>
    project.label({ slideId, reader: 'r', title: titled('t'), ids: at.map((i) => ids[i]), classId })
  const edit = (e: OutlineEdit) => editOutlines(project, { slideId, reader: 'r', title: titled(e.kind) }, e)
  const labels = () => {
    const now = [...project.nuclei.of(slideId).id]
    return Object.fromEntries(now.map((id) => [id, project.labels.labelsOf([id])[0]]))
  }
  const state = () => [project.nuclei.of(slideId), labels(), project.slides.get(slideId).labelled]
  return { project, slideId, ids, label, edit, labels, state }
}
const outline = (nuclei: Nuclei, id: number) => [...outlineOf(nuclei, nuclei.id.indexOf(id))]

test('splitting a nucleus leaves two with its label, and undo makes it one again', () => {
  const { project, slideId, ids, label, edit, labels, state } = furnished()
  label([1], 2)
  const before = state()
  const { nucleusIds } = edit({ kind: 'split', id: ids[1], line: [25, -5, 25, 15] })
  expect(labels()).toEqual({ 1: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 2, 8: 2 })
  const now = project.nuclei.of(slideId)
  const xs = nucleusIds.map((id) => outline(now, id).filter((_, k) => k % 2 === 0))
  expect(xs.map((x) => [Math.min(...x), Math.max(...x)]).sort((a, b) => a[0] - b[0])).toEqual([
    [20, 25],
    [25, 30],
  ])
  expect(project.slides.get(slideId)).toMatchObject({ nuclei: 7, labelled: 2 })
  const after = state()
  expect(project.log.undo('r')?.step.kind).toBe('outline')
  expect(state()).toEqual(before)
  project.log.redo('r')
  expect(state()).toEqual(after)
})

test('touching nuclei merge into one with their common label, and distant ones are refused', () => {
  const { project, slideId, ids, label, edit, labels } = furnished()
  edit({ kind: 'redraw', id: ids[1], outline: [11, 0, 22, 0, 22, 10, 11, 10] })
  label([0], 2)
  const { nucleusIds } = edit({ kind: 'merge', ids: [ids[0], ids[1]] })
  expect(labels()[nucleusIds[0]]).toBe(2)
  const now = project.nuclei.of(slideId)
  const xs = outline(now, nucleusIds[0]).filter((_, k) => k % 2 === 0)
  expect(Math.abs(Math.min(...xs))).toBeLessThan(1)
  expect(Math.abs(Math.max(...xs) - 22)).toBeLessThan(1)
  expect(now.count).toBe(5)
  expect(() => edit({ kind: 'merge', ids: [ids[2], ids[5]] })).toThrow('do not touch')
})

test('nuclei that cannot be split or merged are refused with a translated message', async () => {
  const { ids, edit } = furnished()
  const told = async (e: OutlineEdit) => {
    const refused = await attempt(() => edit(e))
    return refused.ok ? null : refused.failure.message.key
  }
  expect(await told({ kind: 'split', id: ids[1], line: [500, 500, 600, 600] })).toBe('notCut')
  expect(await told({ kind: 'merge', ids: [ids[2], ids[5]] })).toBe('notTouching')
})

test('nuclei with contradicting labels merge into one without a label', () => {
  const { ids, label, edit, labels } = furnished()
  edit({ kind: 'redraw', id: ids[1], outline: [10, 0, 22, 0, 22, 10, 10, 10] })
  label([0], 1)
  label([1], 2)
  const { nucleusIds } = edit({ kind: 'merge', ids: [ids[0], ids[1]] })
  expect(labels()[nucleusIds[0]]).toBe(0)
})

test('a new outline removes the label "bad outline" and no other', () => {
  const { ids, label, edit, labels } = furnished()
  label([0], answers.badOutline)
  label([1], answers.notSure)
  edit({ kind: 'redraw', id: ids[0], outline: [0, 0, 12, 0, 12, 12] })
  edit({ kind: 'redraw', id: ids[1], outline: [20, 0, 32, 0, 32, 12] })
  expect([labels()[ids[0]], labels()[ids[1]]]).toEqual([0, answers.notSure])
})

test('a detection respects what a person deleted, split or drew', () => {
  const { project, slideId, ids, edit } = furnished()
  edit({ kind: 'remove', ids: [ids[0]] })
  edit({ kind: 'split', id: ids[1], line: [25, -5, 25, 15] })
  edit({ kind: 'draw', outline: [400, 400, 430, 400, 430, 430, 400, 430] })
  const before = project.nuclei.of(slideId)
  // The same nuclei again, and two pieces where a person drew one.
  const pieces = [squareNuclei(6), squareNuclei(2, 402, 405)]
  for (const found of pieces)
    project.mergeDetection({ slideId, reader: 'r', title: titled('found') }, found, {
      x: found.origin[0],
      y: found.origin[1],
      width: 60,
      height: 60,
    })
  const now = project.nuclei.of(slideId)
  expect([...now.id].sort((a, b) => a - b)).toEqual([...before.id].sort((a, b) => a - b))
  for (const id of before.id) expect(outline(now, id)).toEqual(outline(before, id))
  while (project.log.undo('r'));
  expect([...project.nuclei.of(slideId).id].sort((a, b) => a - b)).toEqual([...ids])
})

test('an import keeps a nucleus that a person drew and gives it its label', () => {
  const { project, slideId, ids, edit } = furnished()
  edit({ kind: 'redraw', id: ids[0], outline: [0, 0, 11, 0, 11, 11, 0, 11] })
  const given = project.mergeImport({ slideId, reader: 'r', title: titled('imported') }, squareNuclei(2, 1, 1))
  expect([...given]).toEqual([ids[0], ids[1]])
  const now = project.nuclei.of(slideId)
  expect(outline(now, ids[0])).toEqual([0, 0, 11, 0, 11, 11, 0, 11])
  expect(outline(now, ids[1]).slice(0, 2)).toEqual([21, 1])
})

test('edits, regions and labels survive closing and appear in the nucleus’s history', () => {
  const { project, slideId, ids, label, edit, state } = furnished()
  label([2], 1)
  edit({ kind: 'redraw', id: ids[2], outline: [40, 0, 55, 0, 55, 12] })
  const region = {
    id: project.regions.newId(),
    slideId,
    kind: 'interest' as const,
    name: 'front',
    outline: [0, 0, 9, 0, 9, 9],
  }
  project.log.append({
    kind: 'region',
    slideId,
    reader: 'r',
    title: titled('Region'),
    count: 1,
    changes: { regions: { before: null, after: region } },
  })
  const before = state()
  project.close()
  const again = openProject(project.path)
  onTestFinished(() => again.close())
  expect(again.nuclei.of(slideId)).toEqual(before[0])
  expect(again.regions.all()).toEqual([region])
  expect(again.log.historyOf(ids[2]).map((s) => s.kind)).toEqual(['label', 'outline'])
  expect(again.log.historyOf(ids[3])).toEqual([])
  again.log.undo('r')
  expect(again.regions.all()).toEqual([])
})

test('a run accepted for part of a slide is shown only there, and undo takes it away', () => {
  const { project, slideId, ids } = furnished(4)
  const head = project.nuclei.heads(slideId)
  const run = (modelId: string, p: number) => {
    const classes = [
      { name: 'a', classId: 1 },
      { name: 'b', classId: 2 },
    ]
    const id = project.runs.create({ slideId, modelId, modelTitle: modelId, classes, nucleiVersion: 1 })
    project.runs.append(
      id,
      head,
      Float32Array.from({ length: 8 }, (_, k) => (k % 2 === 0 ? p : 1 - p)),
    )
    return id
  }
  const [old, next] = [run('old', 0.9), run('new', 0.2)]
  project.slides.show(slideId, old)
  const accepted = project.acceptance.change(slideId, next, Uint32Array.of(ids[3], ids[1]))
  project.log.append({ kind: 'accept', slideId, reader: 'r', title: titled('t'), count: 2, changes: { accepted } })
  expect(project.acceptance.partialRuns(slideId)).toEqual([{ runId: next, ids: Uint32Array.of(ids[1], ids[3]) }])
  project.log.undo('r')
  expect(project.acceptance.shownRuns(slideId)).toEqual({ runId: old, accepted: [] })
  expect(agreements(project)).toEqual([])
})

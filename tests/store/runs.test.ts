import { titled } from '../support/messages.ts'
import { expect, test } from 'vitest'
import { shownClasses } from '../../electron/store/index.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'

function project(count: number) {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(count))
  const head = project.nuclei.heads(slideId)
  const part = (from: number, to?: number) => ({ id: head.id.slice(from, to), since: head.since.slice(from, to) })
  const classes = project.classes.getOrAdd([{ name: 'inflammatory' }, { name: 'epithelial' }])
  const newRun = (modelId: string) =>
    project.runs.create({
      slideId,
      modelId,
      modelTitle: modelId,
      classes: classes.map(({ name, id }) => ({ name, classId: id })),
      nucleiVersion: 1,
    })
  return { project, slideId, ids, head, part, classes, newRun }
}

test('a run can be filled piece by piece and reads the same once it is complete', () => {
  const { project: p, head, part, newRun } = project(4)
  const run = newRun('m')
  p.runs.append(run, part(2), Float32Array.of(0.8, 0.2, 0.25, 0.75))
  const half = p.runs.predictions(run, head)
  expect([...half.known]).toEqual([0, 0, 1, 1])
  p.runs.append(run, part(0, 2), Float32Array.of(1, 0, 0.5, 0.5))
  const before = p.runs.predictions(run, head)
  p.runs.complete(run)
  expect(p.runs.predictions(run, head)).toEqual(before)
  expect(p.runs.get(run).complete).toBe(true)
  const shown = shownClasses(new Uint16Array(4), before)
  expect([...shown.classId]).toEqual([1, 1, 1, 2])
  expect([...shown.confidence]).toEqual([255, 128, 204, 191])
})

test('predictions never change a label, and a label takes precedence over the prediction', () => {
  const { project: p, slideId, ids, head, newRun } = project(2)
  p.label({ slideId, reader: 'r', title: titled('t'), ids: [ids[0]], classId: 2 })
  const run = newRun('m')
  p.runs.append(run, head, Float32Array.of(1, 0, 1, 0))
  p.runs.complete(run)
  const labels = p.labels.labelsOf(ids)
  expect([...labels]).toEqual([2, 0])
  const shown = shownClasses(labels, p.runs.predictions(run, head))
  expect([...shown.classId]).toEqual([2, 1])
  expect([...shown.labelled]).toEqual([1, 0])
})

test('a new run leaves the older run unchanged', () => {
  const { project: p, head, newRun } = project(2)
  const first = newRun('a')
  p.runs.append(first, head, Float32Array.of(1, 0, 1, 0))
  const before = p.runs.predictions(first, head)
  p.runs.append(newRun('b'), head, Float32Array.of(0, 1, 0, 1))
  expect(p.runs.predictions(first, head)).toEqual(before)
})

test('classes get different colours and keys, and a name belongs to one class', () => {
  const { project: p } = project(1)
  p.classes.getOrAdd([{ name: 'spindle-shaped' }, { name: 'epithelial' }, { name: 'miscellaneous' }])
  const all = p.classes.all()
  expect(all.map((c) => c.name)).toEqual(['inflammatory', 'epithelial', 'spindle-shaped', 'miscellaneous'])
  expect(all.map((c) => c.key)).toEqual(['1', '2', '3', '4'])
  expect(new Set(all.map((c) => c.color)).size).toBe(4)
})

test('a nucleus is uncertain where its probability is below the threshold that the model had when it was classified', () => {
  const { project: p, slideId, head, classes } = project(3)
  const known = classes.map(({ name, id }) => ({ name, classId: id }))
  const made = { slideId, modelId: 'm', modelTitle: 'm', classes: known, nucleiVersion: 1, uncertainBelow: 0.7 }
  const run = p.runs.create(made)
  p.runs.append(run, head, Float32Array.of(0.69, 0.31, 0.29, 0.71, 0.6, 0.4))
  expect([...shownClasses(new Uint16Array(3), p.runs.predictions(run, head)).uncertain]).toEqual([1, 0, 1])
})

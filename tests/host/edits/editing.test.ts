import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inEnglish } from '../../../electron/contract/index.ts'
import { says } from '../../support/messages.ts'
import { expect, test } from 'vitest'
import { answers, attempt, type NucleusFilter } from '../../../electron/contract/index.ts'
import { countsOf, find } from '../../../electron/host/edits/filter.ts'
import { gridGeoJson } from '../../support/seedNuclei.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'

const all = grid.columns * grid.rows

async function classified() {
  const { engine, calls } = fakeEngine()
  const made = await temporaryWorkbench(engine)
  const { workbench, context, slideId } = made
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const ids = context.project.nuclei.of(slideId).id
  const shown = () => structuredClone(workbench.shownClasses(slideId))
  const count = (classId: number) => shown().classId.filter((c) => c === classId).length
  return { ...made, calls, ids, shown, count }
}

test('nuclei can be labelled by rectangle, lasso, region, class and confidence, each in one step', async () => {
  const { workbench, slideId, count } = await classified()
  const { labels } = workbench
  expect(labels.setWhere(slideId, { rect: { x: 0, y: 0, width: 40, height: 1000 } }, 2).nuclei).toBe(2 * grid.rows)
  expect(workbench.state().steps.at(-1)).toMatchObject({ title: says('12 nuclei → long'), kind: 'label', count: 12 })
  labels.undo()
  // The lower left half of the grid, first as a lasso, then as a region of interest.
  const triangle = [0, 0, 200, 200, 0, 200]
  const lassoed = labels.setWhere(slideId, { polygon: triangle }, 1).nuclei
  labels.undo()
  const { regionId } = workbench.drawing.setRegion({ slideId, name: 'half', outline: triangle })
  expect(labels.setWhere(slideId, { regionId }, 1).nuclei).toBe(lassoed)
  labels.undo()
  expect(labels.setWhere(slideId, { classIds: [1], labelled: false }, 2).nuclei).toBe(all / 2)
  expect([count(1), count(2)]).toEqual([0, all])
  labels.undo()
  expect(() => labels.setWhere(slideId, { confidence: { from: 0.9, to: 1 } }, 2)).toThrow('nothing to label')
  expect(labels.setWhere(slideId, { confidence: { from: 0.7, to: 0.8 } }, null).nuclei).toBe(all)
})

test('a brush selects the nuclei near its path, and a selection lists at most as many as were asked for', async () => {
  const { context, slideId, ids } = await classified()
  const { box, origin } = context.project.nuclei.heads(slideId)
  const x = (i: number) => (box[4 * i] + box[4 * i + 2]) / 2 + origin[0]
  const y = (i: number) => (box[4 * i + 1] + box[4 * i + 3]) / 2 + origin[1]
  const near = (path: number[], radius: number, limit = 100) =>
    find(context, slideId, { stroke: { path, radius } }, limit)
  expect(near([x(0), y(0)], 1)).toEqual({ nuclei: 1, nucleusIds: [ids[0]] })
  const row = [...ids.keys()].filter((i) => Math.abs(y(i) - y(0)) < 1)
  const across = near([0, y(0), 400, y(0)], 2)
  expect(across.nucleusIds).toEqual(row.map((i) => ids[i]))
  expect(near([0, y(0), 400, y(0)], 2, 2)).toEqual({ nuclei: row.length, nucleusIds: across.nucleusIds.slice(0, 2) })
})

test('nuclei are counted by class on the slide and in a region, and regions can be undone', async () => {
  const { workbench, context, slideId, ids } = await classified()
  workbench.labels.set(slideId, [ids[0]], 2)
  const count = (where?: NucleusFilter) => countsOf(context, slideId, where)
  expect(count().reduce((sum, { nuclei }) => sum + nuclei, 0)).toBe(all)
  expect(count({ labelled: true })).toEqual([{ classId: 2, nuclei: 1, labelled: 1, uncertain: 0, possible: 0 }])
  const outline = [0, 0, 20, 0, 20, 20, 0, 20]
  const { regionId } = workbench.drawing.setRegion({ slideId, name: 'corner', outline })
  expect(count({ regionId }).map(({ nuclei }) => nuclei)).toEqual([1])
  workbench.drawing.setRegion({ id: regionId, slideId, name: 'band', outline: [0, 0, 400, 0, 400, 20, 0, 20] })
  expect(count({ regionId }).reduce((sum, { nuclei }) => sum + nuclei, 0)).toBe(grid.columns)
  workbench.drawing.removeRegion(regionId)
  expect(() => count({ regionId })).toThrow('no region')
  workbench.labels.undo()
  workbench.labels.undo()
  expect(workbench.state().regions).toMatchObject([{ id: regionId, name: 'corner' }])
  expect(workbench.drawing.setRegion({ slideId, name: 'new', outline }).regionId).not.toBe(regionId)
})

test('a nucleus cut by the slide’s edge counts in a place that holds the whole slide, as it does on the slide', async () => {
  const { workbench, context, slideId, folder } = await temporaryWorkbench()
  // 300 × 200 px. Middles of the outer ones lie beside the slide at every edge.
  const [columns, rows] = [4, 3]
  const path = join(folder, 'cut.geojson')
  writeFileSync(path, gridGeoJson({ columns, rows, left: -2, top: -2, step: 101.5, radius: 8 }))
  const job = await workbench.finished(workbench.importNuclei(slideId, path, false))
  expect(job.state).toBe('done')
  const { box, origin } = context.project.nuclei.heads(slideId)
  const middle = (i: number, axis: 0 | 1) => (box[4 * i + axis] + box[4 * i + axis + 2]) / 2 + origin[axis]
  const all = [...Array(columns * rows).keys()]
  expect(Math.min(...all.map((i) => middle(i, 0)))).toBeLessThan(0)
  expect(Math.max(...all.map((i) => middle(i, 0)))).toBeGreaterThan(300)
  expect(Math.max(...all.map((i) => middle(i, 1)))).toBeGreaterThan(200)

  const count = (where?: NucleusFilter) =>
    countsOf(context, slideId, where).reduce((sum, { nuclei }) => sum + nuclei, 0)
  const whole = [0, 0, 300, 0, 300, 200, 0, 200]
  expect(count()).toBe(columns * rows)
  expect(count({ polygon: whole })).toBe(columns * rows)
  expect(count({ rect: { x: 0, y: 0, width: 300, height: 200 } })).toBe(columns * rows)
  // Two halves count each nucleus once.
  const halves = [0, 150].map((x) => count({ polygon: [x, 0, x + 150, 0, x + 150, 200, x, 200] }))
  expect(halves).toEqual([6, 6])
  // Tissue that a person took out holds those at its edges, too.
  workbench.drawing.setRegion({ slideId, name: 'out', kind: 'excluded', outline: whole })
  expect(count()).toBe(0)
})

test('a class can get another name, colour and key, but two classes cannot share a name or key', async () => {
  const { workbench } = await classified()
  workbench.scheme.change({ id: 1, name: 'lymphocyte', color: '#112233', key: 'L' })
  expect(workbench.state().classes[0]).toEqual({ id: 1, name: 'lymphocyte', color: '#112233', key: 'L' })
  expect(() => workbench.scheme.change({ id: 2, key: 'l' })).toThrow('already gives lymphocyte')
  expect(() => workbench.scheme.add('lymphocyte')).toThrow('already')
  const refused = [
    await attempt(() => workbench.scheme.change({ id: 2, key: 'l' })),
    await attempt(() => workbench.scheme.add('lymphocyte')),
  ]
  expect(refused.map((one) => !one.ok && one.failure.message)).toEqual([
    { key: 'keyTaken', params: { key: 'l', name: 'lymphocyte' } },
    { key: 'nameTaken', params: { name: 'lymphocyte' } },
  ])
})

test('training leaves out nuclei labelled "not sure" and "bad outline"', async () => {
  const { workbench, slideId, ids, count, calls } = await classified()
  workbench.labels.set(slideId, [ids[0]], answers.notSure)
  workbench.labels.set(slideId, [ids[1]], answers.badOutline)
  workbench.labels.set(slideId, [ids[2]], 2)
  expect([count(answers.notSure), count(answers.badOutline)]).toEqual([1, 1])
  expect(workbench.state().steps.map((s) => inEnglish(s.title))).toContain('1 nucleus → not sure')
  expect(workbench.details(slideId, ids[1]).labelClassId).toBe(answers.badOutline)
  await workbench.finished(workbench.train({ method: 'head' }))
  await workbench.idle()
  const params = calls.find((call) => call.method === 'finetune')?.params
  expect(params).toMatchObject({ slides: [{ index: { length: 1 } }] })
})

test('a redrawn nucleus loses its prediction, and only that nucleus is classified again', async () => {
  const { workbench, slideId, ids, shown, calls } = await classified()
  workbench.drawing.edit(slideId, { kind: 'redraw', id: ids[7], outline: [140, 0, 152, 0, 152, 11, 140, 11] })
  expect([...shown().classId].filter((c) => c === 0)).toHaveLength(1)
  expect(workbench.state().slides[0].unspoken).toBe(1)
  await workbench.finished(workbench.classify(slideId))
  expect(calls.at(-1)?.params).toMatchObject({ only: { length: 1 } })
  expect(workbench.state().runs).toHaveLength(1)
  expect(workbench.state().slides[0].unspoken).toBe(0)
  workbench.labels.undo()
  expect(workbench.state().slides[0].unspoken, 'of the old outline the model spoke before').not.toBe(1)
  expect(shown().classId).not.toContain(0)
})

test('the changes by a new model are listed before they are accepted; they can be accepted in part or as a whole, and undone', async () => {
  const { workbench, slideId, ids, count } = await classified()
  workbench.labels.set(slideId, [ids[0]], 1)
  await workbench.finished(workbench.train({ method: 'head' }))
  await workbench.idle()
  const [old, next] = workbench.state().runs.map((run) => run.id)
  // The fake engine's fine-tuned model swaps the classes.
  expect(workbench.runs.difference(slideId, null, next)).toEqual(workbench.runs.difference(slideId, old, next))
  expect(workbench.runs.difference(slideId, old, next)).toEqual({
    against: 0,
    same: 0,
    flips: [
      { fromClass: 1, toClass: 2, count: all / 2 },
      { fromClass: 2, toClass: 1, count: all / 2 },
    ],
  })
  const flipped = workbench.runs.flipped(slideId, { from: old, to: next }, { fromClass: 1, toClass: 2 }, 5)
  expect(flipped).toHaveLength(5)
  expect(workbench.state().slides[0]).toMatchObject({ activeRunId: old, proposedRunId: next })
  const before = [count(1), count(2)]
  workbench.runs.accept(slideId, next, { rect: { x: 0, y: 0, width: 1000, height: 20 } })
  const label = workbench.details(slideId, ids[0])
  expect([label.labelClassId, workbench.details(slideId, ids[1]).predictedClassId]).toEqual([1, expect.any(Number)])
  const speaks = (y: number) =>
    ids.filter((id) => {
      const { box, predictedClassId } = workbench.details(slideId, id)
      return box[1] === y && predictedClassId === (box[0] < 100 ? 1 : 2)
    }).length
  const rows = [speaks(0), speaks(20)]
  expect(Math.abs(rows[0] - rows[1]), 'one row by the one model, the next by the other').toBe(grid.columns)
  expect(workbench.labels.undo()?.kind).toBe('accept')
  expect([count(1), count(2)]).toEqual(before)
  // Of the flips from 1 to 2, those in the first row alone.
  const flips = [{ fromClass: 1, toClass: 2 }]
  workbench.runs.accept(slideId, next, { rect: { x: 0, y: 0, width: 1000, height: 20 } }, flips)
  expect([count(1), count(2)]).toEqual([before[0] - grid.columns / 2, before[1] + grid.columns / 2])
  workbench.labels.undo()
  expect(workbench.state().slides[0].proposedRunId, 'a part is no decision about the rest').toBe(next)
  workbench.runs.decide(slideId, next)
  expect(workbench.state().slides[0]).toMatchObject({ activeRunId: old, proposedRunId: null })
  workbench.runs.accept(slideId, next)
  expect(workbench.state().slides[0].activeRunId).toBe(next)
})

test('the labels that a new model contradicts are counted and listed, those first of which it is surest', async () => {
  const { workbench, slideId, ids } = await classified()
  const right = ids.filter((id) => workbench.details(slideId, id).predictedClassId === 1)
  workbench.labels.set(slideId, right.slice(0, 3), 1)
  await workbench.finished(workbench.train({ method: 'head' }))
  await workbench.idle()
  const { proposedRunId } = workbench.state().slides[0]
  expect(workbench.runs.difference(slideId, null, proposedRunId!).against).toBe(3)
  const { listId, nuclei } = await workbench.review.list(slideId, { kind: 'against', runId: proposedRunId! })
  expect(nuclei).toBe(3)
  const listed = workbench.review.window(listId, 0, 3).map((item) => item!.id)
  expect(listed.sort()).toEqual([...right.slice(0, 3)].sort())
  const flips = { kind: 'flips', runId: proposedRunId!, fromClass: 2, toClass: 1 } as const
  expect((await workbench.review.list(slideId, flips)).nuclei).toBe(all / 2)
})

test('a class can be mapped to a model’s class of another name, and cannot be removed while in use', async () => {
  const { workbench, slideId, ids } = await temporaryWorkbench().then(async ({ workbench, context, slideId }) => {
    await workbench.finished(workbench.detect(slideId))
    return { workbench, slideId, ids: context.project.nuclei.of(slideId).id }
  })
  const lymphocyte = workbench.scheme.add('lymphocyte')
  workbench.scheme.map('round', lymphocyte)
  await workbench.finished(workbench.classify(slideId))
  expect(workbench.details(slideId, ids[0]).probabilities.map((p) => p.classId)).toContain(lymphocyte)
  expect(workbench.scheme.uses(lymphocyte)).toEqual({ labels: 0, steps: 0, runs: 1 })
  expect(() => workbench.scheme.remove(lymphocyte)).toThrow('in use by 1 classification by a model')
  const spare = workbench.scheme.add('spare')
  workbench.labels.set(slideId, [ids[0], ids[1]], spare)
  expect(workbench.scheme.uses(spare)).toEqual({ labels: 2, steps: 1, runs: 0 })
  expect(() => workbench.scheme.remove(spare)).toThrow('in use by 2 labels')
  workbench.labels.undo()
  expect(workbench.scheme.uses(spare)).toEqual({ labels: 0, steps: 1, runs: 0 })
  expect(() => workbench.scheme.remove(spare), 'redo could bring it back').toThrow('in use')
  workbench.labels.set(slideId, [ids[0]], lymphocyte)
  workbench.scheme.remove(spare)
  expect(workbench.state().classes.map((c) => c.name)).not.toContain('spare')
})

test('the labels of two readers are compared, and each disputed nucleus is listed with its slide', async () => {
  const { workbench, slideId, ids } = await classified()
  const label = (reader: string, classId: number) => {
    workbench.reader = reader
    workbench.labels.set(slideId, [ids[0]], classId)
  }
  label('Dr Ada', 1)
  label('Dr Bo', 2)
  expect(workbench.runs.agreement()).toEqual([
    {
      first: 'Dr Ada',
      second: 'Dr Bo',
      both: 1,
      kappa: 0,
      byClass: [
        { classId: 1, nuclei: 1, kappa: 0 },
        { classId: 2, nuclei: 1, kappa: 0 },
      ],
      disputed: [{ slideId, nuclei: 1 }],
    },
  ])
  expect(workbench.state()).toMatchObject({ reader: 'Dr Bo', readerGiven: true })
})

test('labels given during a detection are kept, whichever nuclei it finds', async () => {
  const { engine } = fakeEngine((method, piece) => {
    if (method === 'detect' && piece === 5 && isSecond) workbench.labels.set(slideId, labelledNow, 2)
  })
  let isSecond = false
  let labelledNow: number[] = []
  const { workbench, context, slideId } = await temporaryWorkbench(engine)
  await workbench.finished(workbench.detect(slideId))
  workbench.drawing.edit(slideId, { kind: 'draw', outline: [400, 400, 410, 400, 410, 410] })
  const { id } = context.project.nuclei.of(slideId)
  labelledNow = [id[5], id[all]]
  isSecond = true
  expect((await workbench.finished(workbench.detect(slideId))).state).toBe('done')
  const { nuclei, labels } = context.project
  expect([...labels.labelsOf(labelledNow)]).toEqual([2, 2])
  expect(labelledNow.every((one) => nuclei.of(slideId).id.includes(one))).toBe(true)
  expect(nuclei.of(slideId).count).toBe(all + 1)
})

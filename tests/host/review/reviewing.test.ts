import { basename, join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import {
  answers,
  binaryRoutes,
  FailureError,
  reviewReasons,
  type NucleusFilter,
  type Rect,
  type ReviewOrder,
  type SlideReader,
  message,
} from '../../../electron/contract/index.ts'
import { countsTable } from '../../../electron/host/edits/countsTable.ts'
import { countsOf } from '../../../electron/host/edits/filter.ts'
import { selfAgreement } from '../../../electron/host/review/selfAgreement.ts'
import { strip } from '../../../electron/host/http/thumbnails.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { writeModel } from '../modelFolders.ts'
import { countRange } from '../../../models/statistics/countRange.ts'
import { temporaryHost, temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows

async function classified() {
  const made = await temporaryWorkbench(fakeEngine().engine)
  const { workbench, context, slideId } = made
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const { id } = context.project.nuclei.of(slideId)
  const { review } = workbench
  const listed = async (order: ReviewOrder) => {
    const { listId, nuclei } = await review.list(slideId, order)
    return review.window(listId, 0, nuclei).flatMap((item) => (item ? [item] : []))
  }
  return { ...made, id, review, listed }
}

test('a list by class is ordered by class, and each part that is requested is up to date', async () => {
  const { workbench, slideId, review, listed, id } = await classified()
  const items = await listed({ kind: 'class' })
  expect(items).toHaveLength(all)
  expect(items.map((i) => i.classId)).toEqual([...items.map((i) => i.classId)].sort())
  expect(items[0]).toMatchObject({ p: expect.closeTo(0.75, 3), labelled: false })
  const { listId } = await review.list(slideId, { kind: 'class', classId: 2 })
  const [first] = review.window(listId, 0, 1)
  workbench.labels.set(slideId, [first?.id ?? 0], 1)
  expect(review.window(listId, 0, 1)).toMatchObject([
    { id: first?.id, classId: 1, predictedClassId: 2, labelled: true },
  ])
  workbench.drawing.edit(slideId, { kind: 'remove', ids: [first?.id ?? 0] })
  expect(review.window(listId, 0, 1)).toEqual([null])
  expect(id).toContain(first?.id)
})

test('nuclei labelled "not sure" or "bad outline" can be listed, and come after the classes', async () => {
  const { workbench, slideId, listed, id } = await classified()
  workbench.labels.set(slideId, [id[3]], answers.badOutline)
  workbench.labels.set(slideId, [id[4], id[5]], answers.notSure)
  const ids = async (order: ReviewOrder) => (await listed(order)).map((item) => item.id)
  expect(await ids({ kind: 'class', classId: answers.badOutline })).toEqual([id[3]])
  expect((await ids({ kind: 'class', classId: answers.notSure })).sort()).toEqual([id[4], id[5]].sort())
  const whole = await ids({ kind: 'class' })
  expect(whole.slice(-3, -1).sort()).toEqual([id[4], id[5]].sort())
  expect(whole.at(-1)).toBe(id[3])
})

test('the disagreement list contains exactly the labels that the model contradicts', async () => {
  const { workbench, slideId, id, listed } = await classified()
  const [one] = await listed({ kind: 'class', classId: 1 })
  workbench.labels.set(slideId, [one.id], 2)
  workbench.labels.set(slideId, [id.find((other) => other !== one.id) ?? 0], 65_534)
  expect(await listed({ kind: 'disagreement' })).toMatchObject([{ id: one.id, classId: 2, predictedClassId: 1 }])
  expect(await listed({ kind: 'uncertain' })).toHaveLength(all - 2)
})

test('a list of similar nuclei begins with the nucleus itself, followed by the most similar ones', async () => {
  const { listed, id } = await classified()
  const items = await listed({ kind: 'alike', nucleusId: id[10] })
  expect(items[0].id).toBe(id[10])
  expect(new Set(items.slice(1, 3).map((i) => i.id))).toEqual(new Set([id[9], id[11]]))
})

test('labels that look mistaken are listed with what speaks against them, until a person has checked them', async () => {
  const { workbench, slideId, id, listed, context } = await classified()
  const { box } = context.project.nuclei.heads(slideId)
  const isLeft = (i: number) => box[4 * i] < (grid.columns * grid.step) / 2
  const left = [...id.keys()].filter(isLeft).slice(0, 6)
  // The fake engine expects class 2 in the left half.
  for (const i of left) workbench.labels.set(slideId, [id[i]], i === left[1] || i === left[4] ? 1 : 2)
  const items = await listed({ kind: 'suspects' })
  expect(items.map((item) => item.id).sort()).toEqual([id[left[1]], id[left[4]]].sort())
  expect(items[0]).toMatchObject({ classId: 1, labelled: true, suspect: { classId: 2, neighbours: 0 } })
  workbench.labels.set(slideId, [items[0].id], 1, reviewReasons.checked)
  expect((await listed({ kind: 'suspects' })).map((item) => item.id)).toEqual([items[1].id])
  workbench.labels.undo()
  expect(await listed({ kind: 'suspects' })).toHaveLength(2)
  workbench.labels.set(slideId, [items[0].id], 1, reviewReasons.checked)
  workbench.labels.set(slideId, [items[0].id], 2)
  workbench.labels.set(slideId, [items[0].id], 1)
  expect(await listed({ kind: 'suspects' })).toHaveLength(1)
})

test('agreeing labels each nucleus with its predicted class, in one step', async () => {
  const { workbench, context, slideId, review, listed } = await classified()
  const items = await listed({ kind: 'class' })
  const ids = [items[0].id, items.at(-1)?.id ?? 0]
  expect(review.agree(slideId, ids).nuclei).toBe(2)
  const labels = [...context.project.labels.labelsOf(ids)]
  expect(labels).toEqual([items[0].predictedClassId, items.at(-1)?.predictedClassId])
  expect(new Set(labels).size).toBe(2)
  workbench.labels.undo()
  expect([...context.project.labels.labelsOf(ids)]).toEqual([0, 0])
})

test('a queue repeats some of the reader’s own labels without saying so, and counts how often the reader agrees', async () => {
  const { workbench, slideId, review, id, listed } = await classified()
  for (const k of [0, 1, 2]) workbench.labels.set(slideId, [id[k]], 1)
  const queue = await listed({ kind: 'queue', size: 57 })
  const again = queue.filter((item) => [id[0], id[1], id[2]].includes(item.id))
  expect(again).toHaveLength(2)
  expect(again.every((item) => !item.labelled && item.classId === item.predictedClassId)).toBe(true)
  const answer = (nucleusId: number, classId: number) =>
    workbench.labels.set(slideId, [nucleusId], classId, review.answered([nucleusId], reviewReasons.queue))
  answer(again[0].id, 1)
  answer(again[1].id, 2)
  answer(again[1].id, 1) // a correction does not count as another look
  const fresh = queue.find((item) => !again.includes(item))
  answer(fresh?.id ?? 0, 2)
  expect(review.coverage(slideId)).toMatchObject({ nuclei: all, labelled: 4, secondLooks: { nuclei: 2, same: 1 } })
})

test('κ of a reader with themselves is of second looks alone, and given from ten on', async () => {
  const { workbench, context, slideId, id, review } = await classified()
  const look = (k: number, first: number, second: number) => {
    workbench.labels.set(slideId, [id[k]], first)
    workbench.labels.set(slideId, [id[k]], second, reviewReasons.secondLook)
  }
  expect(selfAgreement(context)).toEqual([])
  for (let k = 0; k < 9; k++) look(k, 1 + (k % 2), 1 + (k % 2))
  const reader = context.reader()
  expect(selfAgreement(context)).toEqual([{ reader, nuclei: 9, same: 9, kappa: null }])
  look(9, 1, 2)
  workbench.labels.set(slideId, [id[0]], 2, reviewReasons.queue)
  const [self] = selfAgreement(context)
  expect(self).toMatchObject({ nuclei: 10, same: 9, kappa: { kappa: expect.closeTo(0.8, 6) as number } })
  expect(self.kappa?.low).toBeLessThan(0.6)
  expect(self.kappa?.high).toBeGreaterThan(0.9)
  workbench.labels.undo()
  workbench.labels.undo()
  expect(selfAgreement(context)).toMatchObject([{ nuclei: 9, same: 9, kappa: null }])
  workbench.reader = 'Dr Bo'
  look(20, 1, 2)
  expect(selfAgreement(context)).toMatchObject([{ reader }, { reader: 'Dr Bo', nuclei: 1, same: 0, kappa: null }])
  expect(review.coverage(slideId).secondLooks).toEqual({ nuclei: 1, same: 0 })
})

test('a second look is at a label that the reader gave some time ago, where there is one', async () => {
  const { workbench, slideId, id, listed } = await classified()
  for (let k = 0; k < 34; k++) workbench.labels.set(slideId, [id[k]], 1)
  const again = (await listed({ kind: 'queue', size: 200 })).filter((item) => item.secondLook)
  expect(again.map((item) => item.id).sort((a, b) => a - b)).toEqual([...id.slice(0, 4)])
})

test('a second look hides its label until it is answered, and is not counted if the label is given elsewhere', async () => {
  const { workbench, slideId, review, id } = await classified()
  for (const k of [0, 1]) workbench.labels.set(slideId, [id[k]], 1)
  const { listId, nuclei } = await review.list(slideId, { kind: 'queue', size: 57 })
  const served = () => review.window(listId, 0, nuclei).filter((item) => item?.secondLook)
  expect(served().map((item) => item?.id)).toEqual(expect.arrayContaining([id[0], id[1]]))
  expect(served().every((item) => item?.classId === item?.predictedClassId && !item?.labelled)).toBe(true)
  for (const [nucleusId, reason] of [
    [id[0], reviewReasons.queue],
    [id[1], undefined],
  ] as const)
    workbench.labels.set(slideId, [nucleusId], 1, review.answered([nucleusId], reason))
  expect(served()).toEqual([])
  expect(review.coverage(slideId).secondLooks).toEqual({ nuclei: 1, same: 1 })
})

test('a second look is shown only to the reader who gave the current label', async () => {
  const { workbench, slideId, review, id } = await classified()
  workbench.reader = 'Dr Ada'
  for (const k of [0, 1, 2]) workbench.labels.set(slideId, [id[k]], 1)
  workbench.reader = 'Dr Bo'
  workbench.labels.set(slideId, [id[2]], 2)
  workbench.reader = 'Dr Ada'
  const { listId, nuclei } = await review.list(slideId, { kind: 'queue', size: 200 })
  const served = () => review.window(listId, 0, nuclei).flatMap((item) => (item?.secondLook ? [item.id] : []))
  expect(served().sort()).toEqual([id[0], id[1]].sort())
  workbench.reader = 'Dr Bo'
  expect(served()).toEqual([])
  const reason = review.answered([id[0]], reviewReasons.queue)
  workbench.labels.set(slideId, [id[0]], 2, reason)
  expect(reason).toBe(reviewReasons.queue)
  workbench.reader = 'Dr Ada'
  expect(served()).toEqual([id[1]])
})

test('nuclei disputed by two readers are listed without names, in an order that does not reveal the readers', async () => {
  const { workbench, slideId, id, review } = await classified()
  for (const [reader, classId] of [
    ['Dr Ada', 1],
    ['Dr Bo', 2],
  ] as const) {
    workbench.reader = reader
    workbench.labels.set(slideId, [...id.slice(0, 40)], classId)
  }
  const order = { kind: 'disputed', first: 'Dr Ada', second: 'Dr Bo' } as const
  const { listId, nuclei } = await review.list(slideId, order)
  const said = review.window(listId, 0, nuclei).map((item) => item?.said ?? [])
  expect(said).toHaveLength(40)
  expect(said.every((pair) => [...pair].sort().join() === '1,2')).toBe(true)
  const firsts = said.filter(([first]) => first === 1).length
  expect(firsts).toBeGreaterThan(8)
  expect(firsts).toBeLessThan(32)
})

test('thumbnails are stacked in one JPEG, and none shows pixels of its neighbours', async () => {
  const { fetch, slideId } = await temporaryHost()
  const jpeg = async (path: string) => {
    const response = await fetch(path)
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    const image = sharp(Buffer.from(await response.arrayBuffer())).removeAlpha()
    const { width, height } = await image.metadata()
    return { size: [width, height], pixels: await image.raw().toBuffer() }
  }
  const places = [
    [-5.4, 10],
    [40, 8],
    [-4000, 0], // outside the slide, so white
  ] as const
  const alone = await Promise.all(places.map((place) => jpeg(binaryRoutes.pictures(slideId, [place], 40, 70))))
  const all = await jpeg(binaryRoutes.pictures(slideId, places, 40, 70))
  expect(alone.map(({ size }) => size)).toEqual(places.map(() => [70, 72]))
  expect(all.size).toEqual([70, 216])
  expect(Buffer.concat(alone.map(({ pixels }) => pixels)).equals(all.pixels)).toBe(true)
  expect(alone[0].pixels.equals(alone[1].pixels)).toBe(false)
})

test('thumbnails that cannot be made are refused with a clear message', async () => {
  const { fetch, slideId } = await temporaryHost()
  const status = async (path: string) => (await fetch(path)).status
  expect(await status(binaryRoutes.pictures(slideId, [[0, 0]], 40, 4000))).toBe(400)
  expect(
    await status(
      binaryRoutes.pictures(
        slideId,
        Array.from({ length: 17 }, () => [0, 0] as const),
        40,
        64,
      ),
    ),
  ).toBe(400)
  expect(await status(binaryRoutes.pictures(slideId, [], 40, 64) + '1_2_3')).toBe(400)
  expect(await status(binaryRoutes.pictures(99, [[0, 0]], 40, 64))).toBe(404)
})

test('a thumbnail of the whole slide is a JPEG of the requested size', async () => {
  const { fetch, slideId } = await temporaryHost()
  const response = await fetch(binaryRoutes.thumbnail(slideId, 96))
  expect(response.headers.get('content-type')).toBe('image/jpeg')
  const { width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata()
  expect([width, height]).toEqual([96, 64])
  expect((await fetch(binaryRoutes.thumbnail(99, 96))).status).toBe(404)
})

test('a thumbnail that cannot be read does not affect the others', async () => {
  const region = ({ x }: Rect, width: number, height: number) =>
    x < 0
      ? Promise.reject(new FailureError('unreadable', message('readingCancelled')))
      : Promise.resolve({ width, height, data: new Uint8Array(3 * width * height).fill(90) })
  const reader = { region } as unknown as SlideReader
  const { bytes, isWhole } = await strip(
    reader,
    [
      { x: 1, y: 0 },
      { x: -1, y: 0 },
    ],
    40,
    64,
  )
  const pixels = await sharp(Buffer.from(bytes)).raw().toBuffer()
  expect([isWhole, pixels[0], pixels.at(-1)]).toEqual([false, 90, 200])
  await expect(strip(reader, [{ x: -1, y: 0 }], 40, 64)).rejects.toMatchObject({
    failure: { message: message('readingCancelled') },
  })
})

test('nuclei below the threshold of a calibrated model are uncertain, counted apart and listed first; a label ends it', async () => {
  const { workbench, context, slideId, folder, id, listed } = await classified()
  const counts = () => context.views.counts(slideId).byClass()
  const uncertain = () => [...context.views.shownClasses(slideId).uncertain].filter(Boolean).length
  expect(uncertain()).toBe(0)
  // The fake engine is sure with a probability of .75.
  const strict = { title: 'Strict', classes: ['round', 'long'], lineage: [], uncertainBelow: 0.8 }
  await writeModel(join(folder, 'strict'), strict)
  workbench.classify(slideId, { modelId: await workbench.addModel(join(folder, 'strict')) })
  await workbench.idle()
  expect(uncertain()).toBe(all)
  expect([...counts().values()].reduce((sum, one) => sum + one.uncertain, 0)).toBe(all)
  workbench.labels.set(slideId, [id[0], id[1]], 1)
  expect([...counts().values()].reduce((sum, one) => sum + one.uncertain, 0)).toBe(all - 2)
  expect((await listed({ kind: 'uncertain' })).length).toBe(all - 2)
  expect((await listed({ kind: 'uncertain', only: true })).length).toBe(all - 2)
  // Of the undecided ones each class is the second choice of the other half. So a count may be anything from the labels
  // to all, and the model without a threshold is sure of its counts.
  const ranges = (where?: NucleusFilter) =>
    Object.fromEntries(countsOf(context, slideId, where).map((one) => [one.classId, countRange(one)]))
  expect(ranges()).toEqual({
    1: { low: 2, high: all },
    2: { low: 0, high: all - 2 },
  })
  expect(countsOf(context, slideId, { uncertain: false }).reduce((sum, { nuclei }) => sum + nuclei, 0)).toBe(2)
  expect(countsOf(context, slideId, { uncertain: true }).reduce((sum, { nuclei }) => sum + nuclei, 0)).toBe(all - 2)
  // The older run has no threshold. For the nuclei for which it is accepted, nothing is uncertain.
  const [first] = workbench.state().runs
  workbench.runs.accept(slideId, first.id, { rect: { x: 0, y: 0, width: 40, height: 1000 } })
  const column = context.views.shownClasses(slideId).uncertain
  expect(uncertain()).toBe(all - 2 * grid.rows)
  expect((await listed({ kind: 'uncertain', only: true })).length).toBe(uncertain())
  const second = countsOf(context, slideId).reduce((sum, { possible }) => sum + possible, 0)
  expect(second, 'of nuclei that are certain there is no second choice').toBe(uncertain())
  const order = await listed({ kind: 'uncertain' })
  const flags = order.map((item) => column[context.project.nuclei.positionOf(slideId, item.id)])
  expect(flags.indexOf(0)).toBeGreaterThan(flags.lastIndexOf(1))
})

test('the table of counts has each region, the uncertain nuclei, the ranges and what they are, for the language of the spreadsheet', async () => {
  const { workbench, context, slideId, folder, slide, id } = await classified()
  const strict = { title: 'Strict', classes: ['round', 'long'], lineage: [], uncertainBelow: 0.8 }
  await writeModel(join(folder, 'strict'), strict)
  workbench.classify(slideId, { modelId: await workbench.addModel(join(folder, 'strict')) })
  await workbench.idle()
  workbench.labels.set(slideId, [...id.subarray(0, 10)], 1)
  workbench.drawing.setRegion({ slideId, name: 'edge; left', outline: [0, 0, 20, 0, 20, 400, 0, 400] })
  const [english, german] = (['en', 'de'] as const).map((language) =>
    countsTable(context, workbench.review.audits, slideId, language),
  )
  const rows = english
    .replace('\uFEFF', '')
    .trim()
    .split('\r\n')
    .map((line) => line.split(','))
  const column = (name: string) => rows[0].indexOf(name)
  const slideRows = rows.filter(([place]) => place === basename(slide))
  expect(slideRows.reduce((sum, row) => sum + Number(row[column('nuclei')]), 0)).toBe(all)
  expect(slideRows.reduce((sum, row) => sum + Number(row[column('uncertain')]), 0)).toBe(all - 10)
  expect(slideRows.map((row) => row[column('nuclei_least')]).sort()).toEqual(['0', '10'])
  expect(english).toContain('Confident mistakes of the model are not covered')
  expect(rows.filter(([place]) => place === 'edge; left')).not.toHaveLength(0)
  expect(german).toContain('"edge; left";')
  expect(german).toMatch(/;0,\d+;/)
})

test('a list of chosen nuclei keeps their order, and leaves out those that are not on the slide', async () => {
  const { listed, id } = await classified()
  const chosen = [id[5], 999_999, id[2], id[9]]
  expect((await listed({ kind: 'chosen', nucleusIds: chosen })).map((item) => item.id)).toEqual([id[5], id[2], id[9]])
})

test('comparing labels is a job with its progress, and can be cancelled', async () => {
  const fake = fakeEngine((method) => {
    const running = workbench.state().jobs.at(-1)
    if (method === 'suspects' && running) workbench.cancel(running.id)
  })
  const { workbench, slideId, context } = await temporaryWorkbench(fake.engine)
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const { id } = context.project.nuclei.of(slideId)
  workbench.labels.set(slideId, [id[0], id[all - 1]], 1)
  await expect(workbench.review.list(slideId, { kind: 'suspects' })).rejects.toMatchObject({
    failure: { kind: 'cancelled' },
  })
  expect(workbench.state().jobs.at(-1)).toMatchObject({ kind: 'suspects', state: 'cancelled', slideId })
})

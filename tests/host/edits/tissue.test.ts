import { says } from '../../support/messages.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { countsOf, find } from '../../../electron/host/edits/filter.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const side = 4000
const mm2 = ((side * 0.25) / 1000) ** 2 / 2

/**
 * Opens a workbench with a slide whose left half is tissue and whose right half is glass. The nuclei of the fake engine
 * are far to the left.
 */
async function halfTissue() {
  const fake = fakeEngine()
  const { workbench, context, folder } = await temporaryWorkbench(fake.engine)
  const path = join(folder, 'half.png')
  const half = { create: { width: side / 2, height: side, channels: 3, background: '#d090b0' } } as const
  await sharp({ create: { width: side, height: side, channels: 3, background: '#ffffff' } })
    .composite([{ input: await sharp(half).png().toBuffer(), left: 0, top: 0 }])
    .png()
    .toFile(path)
  return { ...fake, workbench, context, slideId: await workbench.openSlide(path, 0.25) }
}
const box = (x0: number, y0: number, x1: number, y1: number) => [x0, y0, x1, y0, x1, y1, x0, y1]

test('the tissue is found, and its area follows additions, exclusions and undo', async () => {
  const { workbench, context, slideId } = await halfTissue()
  const area = async () => (await context.tissue.outlines(slideId)).area
  const found = await area()
  expect(found / mm2).toBeCloseTo(1, 1)
  const corner = box(0, 0, side / 4, side / 2)
  workbench.drawing.setRegion({ slideId, kind: 'excluded', name: 'pen', outline: corner })
  expect((await area()) / found).toBeCloseTo(0.75, 1)
  workbench.drawing.setRegion({ slideId, kind: 'added', name: 'fat', outline: box(3000, 0, side, side) })
  expect((await area()) / found).toBeCloseTo(1.25, 1)
  expect(workbench.labels.undo()?.title).toEqual(says('Tissue added: fat'))
  expect(workbench.labels.undo()?.title).toEqual(says('Taken out of the tissue: pen'))
  expect(await area()).toBe(found)
  workbench.labels.redo()
  expect((await area()) / found).toBeCloseTo(0.75, 1)
})

test('a region of interest does not change the tissue, and renaming it keeps its kind', async () => {
  const { workbench, context, slideId } = await halfTissue()
  const before = (await context.tissue.outlines(slideId)).area
  workbench.drawing.setRegion({ slideId, name: 'front', outline: box(0, 0, 900, 900) })
  expect((await context.tissue.outlines(slideId)).area).toBe(before)
  const pen = { slideId, kind: 'excluded' as const, name: 'pen', outline: box(0, 0, 900, 900) }
  const { regionId } = workbench.drawing.setRegion(pen)
  workbench.drawing.setRegion({ ...pen, kind: undefined, id: regionId, name: 'ink' })
  expect(workbench.state().regions.map(({ name, kind }) => [name, kind])).toEqual([
    ['front', 'interest'],
    ['ink', 'excluded'],
  ])
})

test('nuclei are searched in the tissue exactly as a person corrected it', async () => {
  const { workbench, context, slideId, calls } = await halfTissue()
  const pen = box(0, 0, 65, 400)
  workbench.drawing.setRegion({ slideId, kind: 'excluded', name: 'pen', outline: pen })
  await workbench.finished(workbench.detect(slideId))
  expect(calls.find(({ method }) => method === 'detect')?.params).toMatchObject({
    areas: [{ kind: 'excluded', outline: pen }],
  })

  const { labels } = workbench
  expect(() => labels.setWhere(slideId, { tissue: true }, 1), 'nobody has looked for it').toThrow('not known yet')
  await context.tissue.find(slideId)
  const { box: boxes, origin, count } = context.project.nuclei.heads(slideId)
  const centres = Array.from({ length: count }, (_, i) => (boxes[4 * i] + boxes[4 * i + 2]) / 2 + origin[0])
  const inside = centres.filter((x) => x >= 65).length
  expect(inside).toBeGreaterThan(0)
  expect(inside).toBeLessThan(count)
  expect(labels.setWhere(slideId, { tissue: true }, 1).nuclei).toBe(inside)
  expect(labels.setWhere(slideId, { tissue: false }, 2).nuclei).toBe(count - inside)
})

/**
 * Opens a workbench with the fake engine's 60 nuclei detected and classified. `takeOut` excludes the left four columns,
 * which are 24 nuclei.
 */
async function classified() {
  const fake = fakeEngine()
  const { workbench, context, slideId } = await temporaryWorkbench(fake.engine)
  workbench.detect(slideId)
  await workbench.finished(workbench.classify(slideId))
  const all = grid.columns * grid.rows
  const { id, box: boxes, origin } = context.project.nuclei.heads(slideId)
  /** Ids of the nuclei that are in the tissue after `takeOut`, in the order of the slide. */
  const rest = [...id].filter((_, i) => boxes[4 * i] + origin[0] > 75)
  const left = { slideId, kind: 'excluded' as const, name: 'fold', outline: box(-5, -5, 75, 200) }
  return {
    ...fake,
    workbench,
    context,
    slideId,
    all,
    out: 4 * grid.rows,
    rest,
    takeOut: () => workbench.drawing.setRegion(left),
  }
}

test('nuclei in an excluded area are neither counted nor listed, and undo restores them', async () => {
  const { workbench, context, slideId, all, out, rest, takeOut } = await classified()
  const { review } = workbench
  const ids = [...context.project.nuclei.heads(slideId).id]
  const inside = rest[9]
  workbench.labels.set(slideId, [ids.find((id) => !rest.includes(id)) ?? 0, inside], 1)
  const total = () => countsOf(context, slideId).reduce((sum, { nuclei }) => sum + nuclei, 0)
  const seen = async () => ({
    total: total(),
    found: find(context, slideId, { rect: { x: 0, y: 0, width: 300, height: 200 } }, all).nucleusIds,
    gallery: (await review.list(slideId, { kind: 'class' })).nuclei,
    alike: (await review.list(slideId, { kind: 'alike', nucleusId: inside })).nuclei,
    queue: (await review.list(slideId, { kind: 'queue', size: 1000 })).nuclei,
    coverage: review.coverage(slideId),
    shown: structuredClone(workbench.shownClasses(slideId)),
    summary: { ...workbench.state().slides[0], shownVersion: 0, predictedVersion: 0 },
  })
  const before = await seen()
  expect(before).toMatchObject({ total: all, summary: { outside: 0 } })

  const { shownVersion } = workbench.state().slides[0]
  const { regionId } = takeOut()
  expect(workbench.state().slides[0].shownVersion, 'the page hears of it').toBeGreaterThan(shownVersion)
  const after = await seen()
  expect(after.total).toBe(all - out)
  expect(after.found).toEqual(rest)
  expect([after.gallery, after.alike]).toEqual([all - out, all - out])
  expect(after.queue, 'one labelled nucleus is left, of 36').toBe(all - out)
  expect(after.coverage).toMatchObject({ nuclei: all - out, labelled: 1 })
  expect(after.summary).toMatchObject({ nuclei: all, labelled: 1, outside: out })
  expect([...after.shown.outside].filter(Boolean)).toHaveLength(out)
  expect(after.shown.labelled, 'no label is lost').toEqual(before.shown.labelled)

  workbench.labels.undo()
  expect(await seen()).toEqual(before)
  workbench.labels.redo()
  expect(total()).toBe(all - out)
  workbench.drawing.removeRegion(regionId)
  expect(total()).toBe(all)
})

test('an area added over an excluded one is tissue again, because the latest decision holds', async () => {
  const { workbench, context, slideId, all, out, takeOut } = await classified()
  const outside = () => context.tissue.outside(slideId).count
  takeOut()
  const back = { slideId, kind: 'added' as const, name: 'vessel', outline: box(-5, -5, 75, 50) }
  const { regionId } = workbench.drawing.setRegion(back)
  expect(outside(), 'three of the six rows are back').toBe(out / 2)
  workbench.drawing.setRegion({ ...back, kind: 'excluded', name: 'pen', outline: box(-5, -5, 400, 15) })
  expect(outside()).toBe(out / 2 + grid.columns)
  workbench.drawing.removeRegion(regionId)
  expect(outside()).toBe(out + grid.columns - 4)
  expect(all).toBe(60)
})

test('only areas that a person excluded remove nuclei; the automatic tissue outline does not', async () => {
  const { workbench, context, slideId } = await halfTissue()
  await workbench.finished(workbench.detect(slideId))
  const whole = workbench.state().slides[0]
  await context.tissue.find(slideId)
  workbench.drawing.setRegion({ slideId, kind: 'added', name: 'fat', outline: box(3000, 0, side, side) })
  workbench.drawing.setRegion({ slideId, name: 'front', outline: box(0, 0, 40, 40) })
  expect(workbench.state().slides[0]).toMatchObject({ nuclei: whole.nuclei, outside: 0 })
})

test('nuclei outside the tissue are not classified until they are inside again', async () => {
  const { workbench, context, slideId, calls, all, out, takeOut } = await classified()
  takeOut()
  await workbench.finished(workbench.classify(slideId))
  const last = () => calls.findLast(({ method }) => method === 'classify')?.params
  expect(last()).toMatchObject({ only: { length: all - out } })
  expect(workbench.state().slides[0].unspoken).toBeNull()
  context.views.predictions(slideId)
  expect(workbench.state().slides[0].unspoken, 'those that do not count are not missed').toBe(0)
  workbench.labels.undo()
  context.views.predictions(slideId)
  expect(workbench.state().slides[0].unspoken).toBe(out)
  await workbench.finished(workbench.classify(slideId))
  expect(last()).toMatchObject({ only: { length: out } })
  expect(workbench.state().slides[0].unspoken).toBe(0)

  workbench.drawing.setRegion({ slideId, kind: 'excluded', name: 'all', outline: box(-5, -5, 400, 400) })
  const failed = await workbench.finished(workbench.classify(slideId))
  expect(failed).toMatchObject({ state: 'failed', message: { key: 'allOutside' } })
})

test('training uses nuclei outside the tissue only if a person labelled them', async () => {
  const { workbench, context, slideId, calls, all, out, rest, takeOut } = await classified()
  const ids = [...context.project.nuclei.heads(slideId).id]
  const at = [ids.findIndex((id) => !rest.includes(id)), ids.indexOf(rest[9])]
  workbench.labels.set(slideId, [ids[at[0]], ids[at[1]]], 1)
  takeOut()
  await workbench.finished(workbench.train({ method: 'head' }))
  const trained = calls.findLast(({ method }) => method === 'finetune')?.params
  expect(trained).toMatchObject({ slides: [{ index: Uint32Array.from(at).sort() }] })
  await workbench.finished(workbench.pretrain({ minutes: 1, start: 'tiny' }))
  const pretrained = calls.findLast(({ method }) => method === 'pretrain')?.params
  expect(pretrained).toMatchObject({ sources: [{ nuclei: { count: all - out } }] })
})

test('an export contains the counted nuclei and says how many are left out', async () => {
  const { workbench, slideId, all, out, rest, takeOut } = await classified()
  expect(await workbench.exportFile(slideId, 'csv')).toMatchObject({ nuclei: all, outside: 0 })
  takeOut()
  const { path, ...written } = await workbench.exportFile(slideId, 'csv')
  expect(written).toEqual({ nuclei: all - out, outside: out, inPart: false })
  const rows = readFileSync(path, 'utf8').trim().split('\r\n').slice(1)
  const columns = rows.map((row) => row.split(','))
  expect(columns.map(([id]) => Number(id))).toEqual(rest)
  expect(
    new Set(columns.map(([, x, , , , , name, p]) => `${Number(x) < 100 ? 'left' : 'right'} ${name} ${p}`)),
  ).toEqual(new Set(['left long 0.749996', 'right round 0.749996']))
})

test('only labelled nuclei inside the tissue are counted as labelled', async () => {
  const { workbench, context, slideId, all, out, rest, takeOut } = await classified()
  const ids = [...context.project.nuclei.heads(slideId).id]
  workbench.labels.set(slideId, ids, 2)
  expect(workbench.state().slides[0]).toMatchObject({ labelled: all })
  takeOut()
  expect(workbench.state().slides[0]).toMatchObject({ labelled: all - out, outside: out })
  workbench.labels.set(slideId, [rest[0]], null)
  expect(workbench.state().slides[0]).toMatchObject({ labelled: all - out - 1 })
})

import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { fakeEngine } from './fakeEngine.ts'
import { temporaryWorkbench } from './temporaryWorkbench.ts'

const side = 4000
const mm2 = ((side * 0.25) / 1000) ** 2 / 2

/** A workbench with a slide whose left half is tissue and whose right half is glass; nuclei of the fake lie far left. */
async function halfTissue() {
  const fake = fakeEngine()
  const { workbench, folder } = await temporaryWorkbench(fake.engine)
  const path = join(folder, 'half.png')
  const half = { create: { width: side / 2, height: side, channels: 3, background: '#d090b0' } } as const
  await sharp({ create: { width: side, height: side, channels: 3, background: '#ffffff' } })
    .composite([{ input: await sharp(half).png().toBuffer(), left: 0, top: 0 }])
    .png()
    .toFile(path)
  return { ...fake, workbench, slideId: await workbench.openSlide(path, 0.25) }
}
const box = (x0: number, y0: number, x1: number, y1: number) => [x0, y0, x1, y0, x1, y1, x0, y1]

test('the tissue is found, and its area follows what a person adds and takes out, and undo', async () => {
  const { workbench, slideId } = await halfTissue()
  const area = async () => (await workbench.bench.tissue.outlines(slideId)).area
  const found = await area()
  expect(found / mm2).toBeCloseTo(1, 1)
  const corner = box(0, 0, side / 4, side / 2)
  workbench.drawing.setRegion({ slideId, kind: 'excluded', name: 'pen', outline: corner })
  expect((await area()) / found).toBeCloseTo(0.75, 1)
  workbench.drawing.setRegion({ slideId, kind: 'added', name: 'fat', outline: box(3000, 0, side, side) })
  expect((await area()) / found).toBeCloseTo(1.25, 1)
  expect(workbench.labels.undo()?.title).toBe('Tissue added: fat')
  expect(workbench.labels.undo()?.title).toBe('Taken out of the tissue: pen')
  expect(await area()).toBe(found)
  workbench.labels.redo()
  expect((await area()) / found).toBeCloseTo(0.75, 1)
})

test('a region of interest is none of that, and stays one when only its name changes', async () => {
  const { workbench, slideId } = await halfTissue()
  const before = (await workbench.bench.tissue.outlines(slideId)).area
  workbench.drawing.setRegion({ slideId, name: 'front', outline: box(0, 0, 900, 900) })
  expect((await workbench.bench.tissue.outlines(slideId)).area).toBe(before)
  const pen = { slideId, kind: 'excluded' as const, name: 'pen', outline: box(0, 0, 900, 900) }
  const { regionId } = workbench.drawing.setRegion(pen)
  workbench.drawing.setRegion({ ...pen, kind: undefined, id: regionId, name: 'ink' })
  expect(workbench.state().regions.map(({ name, kind }) => [name, kind])).toEqual([
    ['front', 'interest'],
    ['ink', 'excluded'],
  ])
})

test('nuclei are looked for by what a person says of the tissue, and chosen by it to the pixel', async () => {
  const { workbench, slideId, calls } = await halfTissue()
  const pen = box(0, 0, 65, 400)
  workbench.drawing.setRegion({ slideId, kind: 'excluded', name: 'pen', outline: pen })
  await workbench.finished(workbench.detect(slideId))
  expect(calls.find(({ method }) => method === 'detect')?.params).toMatchObject({ excluded: [pen], added: [] })

  const { labels } = workbench
  expect(() => labels.setWhere(slideId, { tissue: true }, 1), 'nobody has looked for it').toThrow('not known yet')
  await workbench.bench.tissue.find(slideId)
  const { box: boxes, origin, count } = workbench.bench.project.nuclei.heads(slideId)
  const centres = Array.from({ length: count }, (_, i) => (boxes[4 * i] + boxes[4 * i + 2]) / 2 + origin[0])
  const inside = centres.filter((x) => x >= 65).length
  expect(inside).toBeGreaterThan(0)
  expect(inside).toBeLessThan(count)
  expect(labels.setWhere(slideId, { tissue: true }, 1).nuclei).toBe(inside)
  expect(labels.setWhere(slideId, { tissue: false }, 2).nuclei).toBe(count - inside)
})

import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

/** An uncompressed TIFF of 600 × 600, white at the beginning, in the middle and at the end; tissue between them differs. */
async function picture(path: string, tissue: string): Promise<string> {
  mkdirSync(join(path, '..'), { recursive: true })
  const patch = await sharp({ create: { width: 100, height: 100, channels: 3, background: tissue } })
    .png()
    .toBuffer()
  await sharp({ create: { width: 600, height: 600, channels: 3, background: '#ffffff' } })
    .composite([{ input: patch, left: 50, top: 120 }])
    .tiff({ compression: 'none' })
    .toFile(path)
  return path
}

test('two slides of the same size that look alike at three places are two slides, and a copy of one is the same', async () => {
  const { workbench, context, folder } = await temporaryWorkbench()
  const first = await workbench.openSlide(await picture(join(folder, 'a', 'slide.tif'), '#803080'), 0.25)
  context.project.nuclei.append(first, nucleiFromOutlines([[10, 10, 20, 10, 20, 20]], 'detected'))
  const second = await workbench.openSlide(await picture(join(folder, 'b', 'slide.tif'), '#308080'), 0.25)
  expect(second).not.toBe(first)
  expect(context.project.slides.get(second).nuclei).toBe(0)
  expect(context.project.slides.get(first).absolutePath).toBe(join(folder, 'a', 'slide.tif'))
  expect(await workbench.openSlide(await picture(join(folder, 'c', 'slide.tif'), '#803080'), 0.25)).toBe(first)
  expect(await workbench.openSlide(join(folder, 'b', 'slide.tif'))).toBe(second)
})

test('slides of one name show their folder, and their exports do not overwrite each other', async () => {
  const { workbench, folder } = await temporaryWorkbench()
  const ids = []
  for (const place of ['x/case', 'y/case', 'z']) {
    ids.push(await workbench.openSlide(await picture(join(folder, place, 'one.tif'), `#80${ids.length}080`), 0.25))
    await workbench.importFiles(ids.at(-1)!, [await labels(join(folder, `${ids.length}.png`), ids.length)], false)
  }
  const names = workbench.state().slides.map(({ name }) => name)
  expect(names.slice(1)).toEqual(['x/case/one.tif', 'y/case/one.tif', 'z/one.tif'])
  const written = []
  for (const id of ids) written.push(basename((await workbench.exportFile(id, 'geojson')).path))
  expect(written).toEqual(['x-case-one.geojson', 'y-case-one.geojson', 'z-one.geojson'])
})

/** A label image of the slide with `count` nuclei. */
async function labels(path: string, count: number): Promise<string> {
  const values = new Uint8Array(600 * 600)
  for (let n = 0; n < count; n++)
    for (let y = 50; y < 60; y++) values.fill(n + 1, y * 600 + 20 * n + 30, y * 600 + 20 * n + 40)
  await sharp(values, { raw: { width: 600, height: 600, channels: 1 } })
    .png()
    .toFile(path)
  return path
}

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import sharp from 'sharp'
import { unzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'
import { dataFolder, hasData } from '../../support/data.ts'
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

describe.skipIf(!hasData('public-cases/reports'))('slides that users of other tools reported', () => {
  const reports = dataFolder('public-cases/reports')

  test('two slides of one name, and two that look alike where they are sampled, keep their own nuclei', async () => {
    const { workbench, context, folder } = await temporaryWorkbench()
    const from = join(reports, '29-qupath-24-same-name')
    for (const one of ['case-A', 'case-B']) cpSync(join(from, one), join(folder, one), { recursive: true })
    const files = Object.entries(unzipSync(readFileSync(join(from, 'uncompressed.zip')))).filter(
      ([, { length }]) => length > 0,
    )
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), bytes)
    }
    const ids: number[] = []
    for (const name of ['case-A', 'case-B', 'uncompressed-A', 'uncompressed-B']) {
      const id = await workbench.openSlide(join(folder, name, 'slide.tif'), 0.5)
      expect(context.project.slides.get(id).nuclei, `${name} begins without nuclei`).toBe(0)
      context.project.nuclei.append(id, nucleiFromOutlines([[10, 10, 20, 10, 20, 20]], 'detected'))
      ids.push(id)
    }
    expect(new Set(ids).size).toBe(4)
    expect(
      workbench
        .state()
        .slides.slice(1)
        .map(({ name }) => name),
    ).toEqual(['case-A/slide.tif', 'case-B/slide.tif', 'uncompressed-A/slide.tif', 'uncompressed-B/slide.tif'])
  })

  test('paths with quotes, %, #, ? and characters of all scripts work, and copies of one slide are one slide', async () => {
    const { workbench, context, folder } = await temporaryWorkbench()
    const name = "Präparate 核 #1 100% 'a' &b"
    cpSync(join(reports, '33-qupath-156-path-characters', name), join(folder, name), { recursive: true })
    const slides = readdirSync(join(folder, name)).filter((one) => one.endsWith('.svs'))
    expect(slides).toHaveLength(3)
    const ids = new Set<number>()
    for (const slide of slides) {
      const id = await workbench.openSlide(join(folder, name, slide))
      ids.add(id)
      expect(basename(context.project.slides.locate(id))).toBe(slide)
      expect((await (await context.slides.reader(id)).tile(0, 0, 0)).bytes.length).toBeGreaterThan(0)
      context.slides.reopen(id)
    }
    expect(ids.size).toBe(1)
    const exported = (await workbench.exportFile([...ids][0], 'geojson')).path
    expect(basename(exported)).toBe(`${slides.at(-1)!.replace(/\.svs$/, '')}.geojson`)
  })
})

import { says } from '../support/messages.ts'
import { inEnglish } from '../../electron/contract/index.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { slideQuality } from '../../electron/slides/index.ts'
import { blobDiameters, medianByArea } from '../../electron/slides/quality/blobs.ts'
import { sharpness } from '../../electron/slides/quality/focus.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { decodedBy, picture, raw, temporaryFolder, withSlide } from '../support/slides.ts'

const folder = temporaryFolder()

test('sharpness does not depend on contrast, and falls to a quarter with blur', async () => {
  const board = picture(200, 200)
  board.data.forEach((_, i) => {
    const pixel = Math.floor(i / 3)
    board.data[i] = (Math.floor((pixel % 200) / 9) + Math.floor(pixel / 1800)) % 2 ? 220 : 40
  })
  const faint = { ...board, data: board.data.map((v) => 100 + v / 8) }
  const blurred = await decodedBy(await raw(board).blur(3).png().toBuffer())
  expect(sharpness(board)).toBeCloseTo(0.5, 2)
  expect(sharpness(faint)).toBeCloseTo(0.5, 2)
  expect(sharpness(blurred)).toBeLessThan(0.27)
  expect(sharpness({ width: 9, height: 9, data: new Uint8Array(243) })).toBeNaN()
})

test('blobs are measured by their area, those at the border left out', () => {
  const amounts = new Float32Array(100 * 100)
  const disc = (cx: number, cy: number, r: number) => {
    for (let y = 0; y < 100; y++)
      for (let x = 0; x < 100; x++) if ((x - cx) ** 2 + (y - cy) ** 2 <= r * r) amounts[y * 100 + x] = 1
  }
  disc(30, 30, 8)
  disc(70, 60, 8)
  disc(50, 85, 2)
  disc(0, 50, 20)
  const diameters = blobDiameters(amounts, 100, 100).sort((a, b) => a - b)
  expect(diameters).toHaveLength(3)
  expect(diameters[0]).toBeCloseTo(4, 0)
  expect(medianByArea(diameters)).toBeCloseTo(16, 0)
  expect(medianByArea([])).toBeNaN()
})

test('an empty slide is reported as empty', async () => {
  const path = join(folder, 'empty.tif')
  const glass = sharp({ create: { width: 900, height: 700, channels: 3, background: '#f4f3f5' } })
  writeFileSync(path, await glass.tiff({ tile: true, compression: 'lzw', xres: 2000, yres: 2000 }).toBuffer())
  const quality = await withSlide(path, slideQuality)
  expect(quality).toMatchObject({ tissueShare: 0, samples: 0, focus: null, stains: null, nuclei: null })
  expect(quality.glass?.map(Math.round)).toEqual([244, 243, 245])
  expect(quality.findings).toEqual([says('may be empty')])
})

describe.skipIf(!hasData('slides'))('CMU-1-Small-Region.svs', () => {
  const path = dataFolder('slides/CMU-1-Small-Region.svs')

  test('is reported as fit', async () => {
    const quality = await withSlide(path, slideQuality)
    expect(quality.findings).toEqual([])
    expect(quality.tissueShare).toBeGreaterThan(0.2)
    expect(quality.focus?.sharpShare).toBe(1)
    expect(quality.nuclei?.micrometres).toBeGreaterThan(4)
    expect(quality.nuclei?.micrometres).toBeLessThan(12)
  })

  test.each([0.12, 2])('with %s µm/px instead of 0.5 is reported as doubtful', async (mpp) => {
    const { findings } = await withSlide(path, slideQuality, { mpp })
    expect(findings.map(inEnglish).join(' ')).toContain('µm/px (given by the user) may be wrong')
  })

  test('blurred by 1 µm is reported as out of focus', async () => {
    const blurred = join(folder, 'blurred.tif')
    const { data, width, height } = await withSlide(path, (slide) =>
      slide.region({ x: 0, y: 900, width: 2220, height: 2000 }, 2220, 2000),
    )
    writeFileSync(blurred, await raw({ data, width, height }).blur(2).tiff({ tile: true }).toBuffer())
    const { findings } = await withSlide(blurred, slideQuality, { mpp: 0.499 })
    expect(findings.map(inEnglish).join(' ')).toContain('blurred')
  })
})

describe.skipIf(!hasData('public-cases'))('pale and dark slides and ink', () => {
  const folderOf = 'public-cases/reports/28-histoqc-319-pen-blur-pale-glass'
  test.each([
    [`${folderOf}/stain-100-percent.tif`, null],
    [`${folderOf}/stain-60-percent.tif`, 'The stain is pale'],
    [`${folderOf}/dapi-rgb.tif`, 'The slide is dark'],
    [`${folderOf}/pen-blue-on-glass.tif`, 'colours of a pen'],
    [`${folderOf}/pen-green-on-glass.tif`, 'colours of a pen'],
    [`${folderOf}/pen-green-on-tissue.tif`, 'colours of a pen'],
    [`${folderOf}/pen-red-on-glass.tif`, 'colours of a pen'],
    [`${folderOf}/pen-black-on-glass.tif`, 'colours of a pen'],
    ['public-cases/reports/03-wsinfer-225-16bit/full16.tif', null],
  ])('%s: %s', async (path, sentence) => {
    const { findings } = await withSlide(dataFolder(path), slideQuality)
    const said = findings.map(inEnglish).join(' ')
    if (sentence) expect(said).toContain(sentence)
    else expect(said).toBe('')
    expect(said).not.toContain('may be wrong')
  })
})

test.each([
  ['a blue that takes much green', [60, 80, 200]],
  ['green', [40, 150, 70]],
  ['red', [210, 45, 50]],
  ['black', [35, 33, 38]],
] as const)('a stroke of a pen is reported: %s', async (name, [r, g, b]) => {
  const path = join(folder, `${name.replaceAll(' ', '-')}.tif`)
  const glass = sharp({ create: { width: 900, height: 700, channels: 3, background: '#f4f3f5' } })
  const stroke = await sharp({ create: { width: 500, height: 60, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer()
  const picture = glass.composite([{ input: stroke, left: 100, top: 300 }])
  writeFileSync(path, await picture.tiff({ tile: true, compression: 'lzw', xres: 2000, yres: 2000 }).toBuffer())
  const { findings } = await withSlide(path, slideQuality)
  expect(findings.map(inEnglish).join(' ')).toContain('colours of a pen')
})

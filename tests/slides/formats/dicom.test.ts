import { inEnglish } from '../../../electron/contract/index.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RgbImage } from '../../../electron/contract/index.ts'
import { dataFolder, hasData } from '../../support/data.ts'
import { writeDicom, type DicomOptions } from '../../support/dicom.ts'
import { encodeJpeg2000 } from '../../support/encodeJpeg2000.ts'
import {
  cut,
  decodedBy,
  failureOf,
  hashOf,
  largestDifference,
  picture,
  raw,
  temporaryFolder,
  wholeOf,
  withSlide,
} from '../../support/slides.ts'
import { tilesOf } from '../../support/tiles.ts'

const folder = temporaryFolder()
let number = 0
/** A folder of its own for each slide: files of a series are looked for beside each other. */
const written = (...files: Uint8Array[]): string => {
  const place = join(folder, String(number++))
  mkdirSync(place)
  files.forEach((bytes, i) => writeFileSync(join(place, `${i}.dcm`), bytes))
  return join(place, '0.dcm')
}
const syntax = {
  native: '1.2.840.10008.1.2.1',
  implicit: '1.2.840.10008.1.2',
  jpeg: '1.2.840.10008.1.2.4.50',
  jpeg2000: '1.2.840.10008.1.2.4.90',
}
const small = picture(100, 70)
const spacing = [0.0005, 0.00025] as const
const base = { width: 100, height: 70, tile: 32, spacing }
const nativeSlide = (options: Partial<DicomOptions> = {}): Buffer =>
  writeDicom({ ...base, transferSyntax: syntax.native, isNative: true, frames: tilesOf(small, 32), ...options })
const jpegFrames = (quality: number) =>
  Promise.all(tilesOf(small, 32).map((data) => raw({ width: 32, height: 32, data }).jpeg({ quality }).toBuffer()))
/** What the frames hold, each decoded apart. */
const fromFrames = async (frames: readonly Buffer[]): Promise<RgbImage> => {
  const data = new Uint8Array(100 * 70 * 3)
  for (const [i, frame] of frames.entries()) {
    const [x, y] = [(i % 4) * 32, Math.floor(i / 4) * 32]
    const part = cut(await decodedBy(frame), 0, 0, Math.min(32, 100 - x), Math.min(32, 70 - y))
    for (let row = 0; row < part.height; row++)
      data.set(part.data.subarray(row * part.width * 3, (row + 1) * part.width * 3), ((y + row) * 100 + x) * 3)
  }
  return { width: 100, height: 70, data }
}

describe('a DICOM slide', () => {
  test.each<[string, Partial<DicomOptions>]>([
    ['in full tiling', {}],
    ['with implicit VRs', { transferSyntax: syntax.implicit, implicit: true }],
    ['in colour planes', { planar: true, frames: tilesOf(small, 32).map(planes) }],
    [
      'in sparse tiling, frames in another order',
      {
        frames: tilesOf(small, 32).reverse(),
        positions: Array.from({ length: 12 }, (_, i) => [((11 - i) % 4) * 32 + 1, Math.floor((11 - i) / 4) * 32 + 1]),
      },
    ],
  ])('%s has its size, scale and pixels', async (_, options) => {
    await withSlide(written(nativeSlide(options)), async (slide) => {
      expect(slide.info).toMatchObject({
        format: 'DICOM whole slide',
        width: 100,
        height: 70,
        mpp: { x: 0.25, y: 0.5 },
      })
      expect(largestDifference(await wholeOf(slide), small)).toBe(0)
    })
  })

  test.each<Partial<DicomOptions>>([
    {},
    { offsets: 'basic' },
    { offsets: 'extended' },
    { offsets: 'basic', fragments: 3 },
  ])('of JPEG frames, found by %o, passes them through', async (options) => {
    const frames = await jpegFrames(90)
    const file = writeDicom({ ...base, transferSyntax: syntax.jpeg, photometric: 'YBR_FULL_422', frames, ...options })
    const reference = await fromFrames(frames)
    await withSlide(written(file), async (slide) => {
      expect(largestDifference(await wholeOf(slide), reference)).toBe(0)
      const tile = await slide.tile(0, 1, 1)
      expect(tile.mime).toBe('image/jpeg')
      expect(largestDifference(await decodedBy(tile.bytes), cut(reference, 32, 32, 32, 32))).toBe(0)
    })
  })

  test('of reversible JPEG 2000 frames has exactly their pixels', async () => {
    const frames = await Promise.all(tilesOf(small, 32).map((data) => encodeJpeg2000({ width: 32, height: 32, data })))
    const file = writeDicom({ ...base, transferSyntax: syntax.jpeg2000, frames })
    expect(largestDifference(await withSlide(written(file), wholeOf), small)).toBe(0)
  })

  test('whose frames are cut to size at the edge of the slide has their pixels', async () => {
    const extents = Array.from({ length: 12 }, (_, i) => {
      const [x, y] = [(i % 4) * 32, Math.floor(i / 4) * 32]
      return cut(small, x, y, Math.min(32, 100 - x), Math.min(32, 70 - y))
    })
    const frames = await Promise.all(extents.map((extent) => raw(extent).jpeg({ quality: 95 }).toBuffer()))
    const slide = { ...base, transferSyntax: syntax.jpeg, photometric: 'YBR_FULL_422' }
    const file = writeDicom({ ...slide, frames })
    expect(largestDifference(await withSlide(written(file), wholeOf), await fromFrames(frames))).toBe(0)
    // A frame that is too small for its place is damaged.
    const mixed = writeDicom({ ...slide, frames: [frames[11], ...frames.slice(1)] })
    const failure = await failureOf(written(mixed), wholeOf)
    expect(failure).toMatchObject({ kind: 'unreadable' })
  })

  test('whose lower level is padded to whole tiles takes its factor from pixel spacing', async () => {
    const half = picture(50, 35)
    const padded = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) }
    for (let y = 0; y < 35; y++) padded.data.set(half.data.subarray(y * 150, (y + 1) * 150), y * 192)
    const path = written(
      nativeSlide({}),
      nativeSlide({ width: 64, height: 64, frames: tilesOf(padded, 32), spacing: [0.001, 0.0005] }),
    )
    await withSlide(path, async (slide) => {
      const stored = slide.info.levels.filter((level) => !level.generated)
      expect(stored.map(({ width, height, downsample }) => [width, height, downsample])).toEqual([
        [100, 70, 1],
        [50, 35, 2],
      ])
      expect(slide.info.notices?.map(({ key }) => key)).toContain('levelsPadded')
      const read = await slide.region({ x: 0, y: 0, width: 100, height: 70 }, 50, 35)
      expect(largestDifference(read, half)).toBe(0)
    })
  })

  test('leaves places without a frame white', async () => {
    const file = nativeSlide({ frames: tilesOf(small, 32).slice(5, 6), positions: [[33, 33]] })
    await withSlide(written(file), async (slide) => {
      const whole = await wholeOf(slide)
      expect(largestDifference(cut(whole, 32, 32, 32, 32), cut(small, 32, 32, 32, 32))).toBe(0)
      expect(new Set(cut(whole, 0, 0, 32, 32).data)).toEqual(new Set([255]))
    })
  })

  test('may consist of several files: levels, concatenations, label and macro; other series are ignored', async () => {
    const half = picture(50, 35)
    const frames = tilesOf(small, 32)
    const part = (from: number, to: number) =>
      nativeSlide({ frames: frames.slice(from, to), concatenation: { uid: '1.9', offset: from } })
    const path = written(
      part(7, 12),
      part(0, 7),
      nativeSlide({ width: 50, height: 35, frames: tilesOf(half, 32) }),
      nativeSlide({ width: 32, height: 32, frames: [frames[3]], imageType: 'ORIGINAL\\PRIMARY\\LABEL\\NONE' }),
      nativeSlide({ width: 32, height: 32, frames: [frames[2]], imageType: 'ORIGINAL\\PRIMARY\\OVERVIEW\\NONE' }),
      nativeSlide({ series: '1.2.3.5', width: 64, height: 64, frames: frames.slice(0, 4) }),
      Buffer.from('no slide'),
    )
    await withSlide(path, async (slide) => {
      expect(slide.info.levels.filter((level) => !level.generated).map((level) => level.width)).toEqual([100, 50])
      expect(slide.info.associated?.map(({ name }) => name)).toEqual(['label', 'macro'])
      expect(largestDifference(await wholeOf(slide), small)).toBe(0)
      const macro = await decodedBy((await slide.associated('macro')).bytes)
      expect([macro.width, macro.height]).toEqual([32, 32])
      await expect(slide.associated('portrait')).rejects.toMatchObject({ failure: { kind: 'not-found' } })
    })
  })

  test('opens by its folder where that holds one slide', async () => {
    const one = join(written(nativeSlide()), '..')
    expect(await withSlide(one, ({ info }) => info.width)).toBe(100)
    const two = join(written(nativeSlide(), nativeSlide({ series: '1.2.3.5' })), '..')
    expect(await failureOf(two)).toMatchObject({ kind: 'invalid-input', message: expect.stringContaining('2 DICOM') })
  })

  test('of several focal planes shows the middle one, and says so', async () => {
    const [below, above] = [picture(100, 70), picture(100, 70)]
    below.data.fill(1)
    above.data.fill(2)
    const frames = [below, small, above].flatMap((plane) => tilesOf(plane, 32))
    await withSlide(written(nativeSlide({ frames, focalPlanes: 3 })), async (slide) => {
      expect((slide.info.notices ?? []).map(inEnglish).join()).toContain('3 focal planes')
      expect(largestDifference(await wholeOf(slide), small)).toBe(0)
    })
  })

  test.each<[string, Partial<DicomOptions>, string]>([
    ['JPEG-LS', { transferSyntax: '1.2.840.10008.1.2.4.80', isNative: false }, 'transfer syntax'],
    ['a CT image', { sopClass: '1.2.840.10008.5.1.4.1.1.2' }, 'not of a whole slide'],
    ['a label without its slide', { imageType: 'ORIGINAL\\PRIMARY\\LABEL\\NONE' }, 'other files'],
    ['colours of an unknown kind', { photometric: 'HSV' }, 'HSV'],
    [
      'frames off the grid',
      { positions: Array.from({ length: 12 }, (_, i) => [1 + 20 * i, 1]) },
      'do not lie on a grid',
    ],
  ])('%s is refused as unsupported, saying why', async (_, options, why) => {
    const failure = await failureOf(written(nativeSlide(options)))
    expect(failure).toMatchObject({ kind: 'unsupported', message: expect.stringContaining(why) })
    expect(failure?.message).toMatch(/^[^\n]{20,}[.]$/)
  })

  test.each<[string, Partial<DicomOptions>]>([
    ['in full tiling, of which a file is missing', { frames: tilesOf(small, 32).slice(0, 7) }],
    ['in full tiling, whose size is damaged', { height: 13_148_544 }],
    [
      'in sparse tiling, whose size is damaged',
      { height: 13_148_544, frames: tilesOf(small, 32).slice(0, 1), positions: [[1, 1]] },
    ],
  ])('%s, is refused with the size found', async (_, options) => {
    const failure = await failureOf(written(nativeSlide(options)))
    expect(failure).toMatchObject({ kind: 'unreadable', message: expect.stringMatching(/holds \d+ of the \d+ tiles/) })
    expect(failure?.message).toMatch(/^[^\n]{20,}[.]$/)
  })

  test('cut short is refused, or names the tile that is missing', async () => {
    const whole = nativeSlide()
    for (const part of [0.002, 0.01, 0.02, 0.5]) {
      const failure = await failureOf(written(whole.subarray(0, 133 + part * whole.length)), wholeOf)
      expect(failure, String(part)).toMatchObject({ kind: 'unreadable' })
      expect(failure?.message).toMatch(/^[^\n]{20,}[.]$/)
    }
  })

  test('never reveals a patient’s name', async () => {
    const texts = await withSlide(written(nativeSlide()), (slide) => JSON.stringify([slide.info, slide.declined]))
    expect(texts).not.toContain('Never')
  })
})

/** Interleaved RGB as three planes. */
function planes(tile: Buffer): Buffer {
  const size = tile.length / 3
  return Buffer.from(Array.from({ length: tile.length }, (_, i) => tile[(i % size) * 3 + Math.floor(i / size)]))
}

describe.skipIf(!hasData('slides'))('pathml_small_dicom.dcm, which states neither Image Type nor a scale', () => {
  // Reference: Pillow's decode of the frames that pydicom finds, RGB.
  test('has the pixels that Pillow reads', () =>
    withSlide(dataFolder('slides/pathml_small_dicom.dcm'), async (slide) => {
      expect(hashOf((await wholeOf(slide)).data)).toBe('c01d44298f3a0964a5ce802411a00cbf')
    }))
})

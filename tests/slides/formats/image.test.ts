import { crc32 } from 'node:zlib'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isOpenable } from '../../../electron/slides/index.ts'
import { dataFolder, hasData } from '../../support/data.ts'
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

const folder = temporaryFolder()
const original = picture(600, 400)
const written = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

describe('a picture without tiles', () => {
  test.each([
    ['PNG image', () => raw(original).png().toBuffer()],
    ['JPEG image', () => raw(original).jpeg().toBuffer()],
    ['WebP image', () => raw(original).webp().toBuffer()],
  ])('%s opens with a pyramid, its pixels as libvips decodes them', async (format, make) => {
    const bytes = await make()
    const reference = await decodedBy(bytes)
    await withSlide(written('Präparat 12 – 核.img', bytes), async (slide) => {
      expect(slide.info).toMatchObject({ format, width: 600, height: 400, mpp: null })
      expect(slide.info.levels.map((level) => [level.width, level.height, level.generated ?? false])).toEqual([
        [600, 400, false],
        [300, 200, true],
        [150, 100, true],
      ])
      expect(largestDifference(await wholeOf(slide), reference)).toBe(0)
      const edge = await decodedBy((await slide.tile(0, 2, 1)).bytes)
      expect(largestDifference(edge, cut(reference, 512, 256, 88, 144))).toBe(0)
    })
  })

  test('a PNG with a microscope’s density has that scale', async () => {
    const path = written('scaled.png', await raw(original).withMetadata({ density: 101_600 }).png().toBuffer())
    const mpp = await withSlide(path, ({ info }) => info.mpp)
    expect(mpp?.x).toBeCloseTo(0.25, 4)
    expect(mpp?.source).toBe('PNG image density')
  })

  test('a PNG with a screen’s density has no scale', async () => {
    const path = written('screen.png', await raw(original).withMetadata({ density: 96 }).png().toBuffer())
    expect(await withSlide(path, ({ info }) => info.mpp)).toBeNull()
  })

  test('transparency is blended with white, and grey and 16-bit images become 8-bit RGB', async () => {
    const half = await raw(original).ensureAlpha(0.5).png().toBuffer()
    await withSlide(written('alpha.png', half), async (slide) => {
      const { data } = await wholeOf(slide)
      const most = data.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (original.data[i] + 255) / 2)), 0)
      expect(most).toBeLessThanOrEqual(1.5)
    })
    const deep = await raw(original).toColourspace('rgb16').png().toBuffer()
    await withSlide(written('deep.png', deep), async (slide) => {
      expect(largestDifference(await wholeOf(slide), original)).toBeLessThanOrEqual(1)
    })
    const grey = await raw(original).greyscale().png().toBuffer()
    await withSlide(written('grey.png', grey), async (slide) => {
      const { data } = await wholeOf(slide)
      for (let i = 0; i < data.length; i += 999) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]])
    })
  })

  test('an image too large for memory is refused before it is decoded', async () => {
    // A PNG header of 60,000 × 60,000 px and nothing else; the checksum is that of its 17 bytes.
    const png = await raw(picture(8, 8)).png().toBuffer()
    const header = Buffer.from(png)
    header.writeUInt32BE(60_000, 16)
    header.writeUInt32BE(60_000, 20)
    header.writeUInt32BE(crc32(header.subarray(12, 29)), 29)
    const failure = await failureOf(written('bomb.png', header))
    expect(failure).toMatchObject({ kind: 'unsupported' })
    expect(failure?.message).toContain('pyramidal TIFF')
  })
})

describe.skipIf(!hasData('consep/train'))('a CoNSeP tile', () => {
  // Reference: Pillow's decode, RGB.
  test('has the pixels that Pillow reads', () =>
    withSlide(dataFolder('consep/train/images/train_1.png'), async (slide) => {
      expect(hashOf((await wholeOf(slide)).data)).toBe('a1ca6c3e086f804e2cd63cbd81b44749')
    }))
})

test('file names show what can be opened, in upper or lower case', () => {
  for (const name of ['a.svs', 'B.SVS', 'c.ome.tif', 'd.TIFF', 'e.png', 'f.jpeg', 'g.webp'])
    expect(isOpenable(name), name).toBe(true)
  for (const name of ['a.txt', 'svs', 'a.svs.xml', 'a.geojson']) expect(isOpenable(name), name).toBe(false)
})

import { says } from '../../support/messages.ts'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SlideReader } from '../../../electron/contract/index.ts'
import { dataFolder, hasData } from '../../support/data.ts'
import { decodedBy, hashOf, temporaryFolder, wholeOf, withSlide } from '../../support/slides.ts'

const folder = temporaryFolder()
const exactly = (slide: SlideReader, x: number, y: number, width: number, height: number) =>
  slide.region({ x, y, width, height }, width, height)

/**
 * Reference values are OpenSlide 4.0.1's read_region, RGB, hashed. The codec is lossy and its last rounding is the
 * decoder's: of the whole level 1, 2 of 11.9 million samples differ by 1 (not in the parts compared here).
 */
describe.skipIf(!hasData('slides'))('tcga-cr-7395-01a-01-ts1.svs, JPEG 2000 (33005) in two levels', () => {
  const path = dataFolder('slides/tcga-cr-7395-01a-01-ts1.svs')

  test('opens with both levels and without a scale, as its header has none', () =>
    withSlide(path, ({ info }) => {
      expect(info.mpp).toBeNull()
      const stored = info.levels.filter((level) => !level.generated)
      expect(stored.map((level) => [level.width, level.height, level.downsample])).toEqual([
        [4443, 3567, 1],
        [2221, 1783, 2],
      ])
    }))

  test('its pixels equal the reference on both levels', () =>
    withSlide(path, async (slide) => {
      expect(hashOf((await exactly(slide, 0, 0, 1024, 1024)).data)).toBe('59cefffc9f14fcca671d34220fb8bbd5')
      expect(hashOf((await exactly(slide, 3900, 3300, 543, 267)).data)).toBe('8f872531ba01d779289f3201a00f46fc')
      const level1 = await slide.region({ x: 0, y: 0, width: 2048, height: 3566 }, 1024, 1783)
      expect(hashOf(level1.data)).toBe('295a3d1702c9b5b28ad63a82ddf39a38')
    }))

  test('a tile for the browser has exactly the pixels of its region', () =>
    withSlide(path, async (slide) => {
      const tile = await slide.tile(0, 17, 13)
      expect(tile.mime).toBe('image/png')
      const pixels = await decodedBy(tile.bytes)
      expect([pixels.width, pixels.height]).toEqual([4443 - 17 * 256, 3567 - 13 * 256])
      const region = await exactly(slide, 17 * 256, 13 * 256, pixels.width, pixels.height)
      expect(hashOf(pixels.data)).toBe(hashOf(region.data))
    }))

  test('a damaged tile fails by name, and the others are still read', async () => {
    const bytes = readFileSync(path)
    const starts: number[] = []
    const codestream = Buffer.from([0xff, 0x4f, 0xff, 0x51])
    for (let at = bytes.indexOf(codestream); at >= 0; at = bytes.indexOf(codestream, at + 4)) starts.push(at)
    // The first tile loses its main header's end, the second claims 60,000 px, the third is something else.
    bytes.fill(0, starts[0] + 50, starts[0] + 90)
    bytes.writeUInt32BE(60_000, starts[1] + 8)
    bytes.fill(7, starts[2], starts[2] + 4)
    const damaged = join(folder, 'damaged.svs')
    writeFileSync(damaged, bytes)
    await withSlide(damaged, async (slide) => {
      for (const x of [0, 1, 2])
        await expect(slide.tile(0, x, 0)).rejects.toMatchObject({
          failure: {
            kind: 'unreadable',
            message: says(new RegExp(`^Tile ${x}, 0 of level 0`)),
          },
        })
      const sound = await exactly(slide, 3900, 3300, 543, 267)
      expect(hashOf(sound.data)).toBe('8f872531ba01d779289f3201a00f46fc')
    })
  })
})

describe.skipIf(!hasData('monusac-sample'))('MoNuSAC slides, JPEG 2000 (33005) with 240-px tiles', () => {
  test.each([
    ['A9K0_1', 1307, 1153, 'f7257d2bcc1b56d94a6094629844f9f3'],
    ['A9K0_2', 756, 763, '34ee5675309c9cc419093c71f60fde58'],
    ['A9K0_3', 497, 185, '3f9d802328b70d529a5043cb0acaaf44'],
  ])('%s equals the reference', (name, width, height, reference) =>
    withSlide(dataFolder(`monusac-sample/${name}.svs`), async (slide) => {
      expect(slide.info).toMatchObject({ width, height, mpp: { x: 0.19448 } })
      expect(hashOf((await wholeOf(slide)).data)).toBe(reference)
    }),
  )
})

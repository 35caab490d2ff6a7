import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  cut,
  decodedBy,
  largestDifference,
  picture,
  raw,
  temporaryFolder,
  wholeOf,
  withSlide,
} from '../../support/slides.ts'
import { levelsAsSubIfds, rgbTiles, writeTiff } from '../../support/tiff.ts'

const folder = temporaryFolder()
const original = picture(1100, 700)
const written = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** What sharp's libvips writes. It leaves out zstd, which is written by hand, and JPEG 2000 (jpeg2000Dialects.test.ts). */
const compressions = ['none', 'deflate', 'lzw', 'packbits', 'jpeg', 'webp'] as const
const layouts = [
  { bigtiff: false, subIfds: false },
  { bigtiff: false, subIfds: true },
  { bigtiff: true, subIfds: false },
  { bigtiff: true, subIfds: true },
]

describe('a pyramid that libvips wrote', () => {
  test.each(compressions.flatMap((compression) => layouts.map((layout) => ({ compression, ...layout }))))(
    '$compression, BigTIFF $bigtiff, SubIFDs $subIfds: has all its levels, its scale and the pixels that libvips reads',
    async ({ compression, bigtiff, subIfds }) => {
      const bytes = await raw(original)
        .tiff({
          tile: true,
          tileWidth: 128,
          tileHeight: 128,
          pyramid: true,
          xres: 4000,
          yres: 2000,
          compression,
          bigtiff,
        })
        .toBuffer()
      const path = written(`${compression} ${bigtiff} ${subIfds}.tif`, subIfds ? levelsAsSubIfds(bytes) : bytes)
      await withSlide(path, async (slide) => {
        expect(slide.info).toMatchObject({ width: 1100, height: 700, mpp: { x: 0.25, y: 0.5 } })
        expect(slide.info.levels.map((level) => [level.width, level.height, level.generated])).toEqual([
          [1100, 700, undefined],
          [550, 350, undefined],
          [275, 175, undefined],
          [137, 87, undefined],
          [68, 43, undefined],
        ])
        expect(largestDifference(await wholeOf(slide), await decodedBy(path))).toBe(0)
        expect(['image/png', 'image/jpeg', 'image/webp']).toContain((await slide.tile(1, 1, 1)).mime)
      })
    },
  )

  test.each(compressions.filter((compression) => compression !== 'webp'))(
    '%s in strips: opens whole',
    async (compression) => {
      const bytes = await raw(original).tiff({ compression }).toBuffer()
      const path = written(`strips ${compression}.tif`, bytes)
      expect(largestDifference(await withSlide(path, wholeOf), await decodedBy(path))).toBe(0)
    },
  )

  test.each(['none', 'lzw', 'deflate'] as const)(
    '%s with 16 bits per sample: opens with the upper 8 bits',
    async (compression) => {
      const bytes = await raw(original)
        .toColourspace('rgb16')
        .tiff({ tile: true, pyramid: true, compression })
        .toBuffer()
      const path = written(`16 bits ${compression}.tif`, bytes)
      expect(largestDifference(await withSlide(path, wholeOf), original)).toBe(0)
    },
  )
})

test('tiles compressed by zstd have the pixels that were written', async () => {
  const [width, height] = [256, 128]
  const image = picture(width, height)
  const blocks = [0, 128].map((x) => zstdCompressSync(cut(image, x, 0, 128, 128).data))
  const path = written('zstd.tif', writeTiff([{ entries: rgbTiles(width, height, 128, 50_000), blocks }]))
  expect(largestDifference(await withSlide(path, wholeOf), image)).toBe(0)
})

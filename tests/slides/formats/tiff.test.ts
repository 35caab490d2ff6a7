import { inEnglish } from '../../../electron/contract/index.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { dataFolder, hasData } from '../../support/data.ts'
import {
  cut,
  decodedBy,
  failureOf,
  largestDifference,
  meanDifference,
  picture,
  raw,
  temporaryFolder,
  wholeOf,
  withSlide,
} from '../../support/slides.ts'
import { tilesOf } from '../../support/tiles.ts'
import { rgbTiles, writeTiff, type Entry, type Page, type TiffOptions } from '../../support/tiff.ts'

const folder = temporaryFolder()
let number = 0
const written = (bytes: Uint8Array): string => {
  const path = join(folder, `${number++}.tif`)
  writeFileSync(path, bytes)
  return path
}
const original = picture(1000, 700)

describe('a pyramid that libvips wrote', () => {
  test.each([
    ['jpeg', { quality: 80 }],
    ['jpeg', { quality: 95 }],
    ['jpeg', { quality: 80, bigtiff: true }],
    ['deflate', {}],
    ['deflate', { bigtiff: true, predictor: 'none' }],
    ['lzw', {}],
    ['lzw', { predictor: 'none' }],
    ['packbits', {}],
    ['none', {}],
  ])('with %s %o opens with its levels and scale, its pixels equal to libtiff’s', async (compression, options) => {
    const path = written(
      await raw(original)
        .tiff({ tile: true, pyramid: true, compression, xres: 4000, yres: 4000, ...options })
        .toBuffer(),
    )
    const reference = await decodedBy(path)
    await withSlide(path, async (slide) => {
      expect(slide.info).toMatchObject({ format: 'Tiled TIFF', width: 1000, height: 700 })
      expect(slide.info.mpp?.x).toBeCloseTo(0.25, 6)
      expect(slide.info.mpp?.source).toBe('TIFF resolution tags')
      const stored = slide.info.levels.filter((level) => !level.generated)
      expect(stored.map((level) => [level.width, level.height, level.downsample])).toEqual([
        [1000, 700, 1],
        [500, 350, 2],
        [250, 175, 4],
      ])
      expect(largestDifference(await wholeOf(slide), reference)).toBe(0)
      for (const [x, y, width, height] of [
        [1, 1, 256, 256],
        [3, 2, 232, 188],
      ]) {
        const tile = await slide.tile(0, x, y)
        expect(tile.mime).toBe(compression === 'jpeg' ? 'image/jpeg' : 'image/png')
        const pixels = cut(await decodedBy(tile.bytes), 0, 0, width, height)
        expect(largestDifference(pixels, cut(reference, x * 256, y * 256, width, height))).toBe(0)
      }
      const lower = await slide.region({ x: 0, y: 0, width: 1000, height: 700 }, 250, 175)
      const shrunk = await decodedBy(await raw(original).resize(250, 175).png().toBuffer())
      expect(meanDifference(lower, shrunk)).toBeLessThan(4)
    })
  })

  test('at screen resolution has no µm/px', async () => {
    const path = written(await raw(original).tiff({ tile: true, xres: 2.835, yres: 2.835 }).toBuffer())
    expect(await withSlide(path, (slide) => slide.info.mpp)).toBeNull()
  })

  test('without tiles opens too, its pixels equal to libtiff’s', async () => {
    for (const compression of ['none', 'lzw', 'deflate', 'jpeg']) {
      const path = written(await raw(original).tiff({ compression }).toBuffer())
      const reference = await decodedBy(path)
      await withSlide(path, async (slide) => {
        expect(slide.info.format).toBe('TIFF image')
        expect(largestDifference(await wholeOf(slide), reference)).toBe(0)
      })
    }
  })

  test('in grey opens as grey RGB', async () => {
    const path = written(await raw(original).greyscale().tiff({ tile: true, compression: 'lzw' }).toBuffer())
    await withSlide(path, async (slide) => {
      const { data } = await wholeOf(slide)
      expect(data[3000]).toBe(data[3001])
      expect(data[3001]).toBe(data[3002])
      expect(new Set(data).size).toBeGreaterThan(50)
    })
  })
})

describe.skipIf(!hasData('slides'))('instanseg_HE_example.tif, a big-endian OME-TIFF of YCbCr JPEG', () => {
  test('opens with the scale of its OME-XML, its pixels equal to libtiff’s', async () => {
    const path = dataFolder('slides/instanseg_HE_example.tif')
    await withSlide(path, async (slide) => {
      expect(slide.info).toMatchObject({ format: 'OME-TIFF', width: 1380, height: 1484 })
      expect(slide.info.mpp?.x).toBeCloseTo(0.50008, 5)
      expect(slide.info.mpp?.source).toContain('OME-XML')
      const reference = await decodedBy(path)
      expect(largestDifference(await wholeOf(slide), reference)).toBe(0)
      const tile = await decodedBy((await slide.tile(0, 2, 3)).bytes)
      expect(largestDifference(tile, cut(reference, 512, 768, 256, 256))).toBe(0)
    })
  })
})

const small = picture(100, 70)
const pageOf = (image: typeof original, entries: Entry[] = []): Page => ({
  entries: [...rgbTiles(image.width, image.height, 32), ...entries],
  blocks: tilesOf(image, 32),
})

describe('every way of laying out a TIFF', () => {
  test.each<TiffOptions>([{}, { bigEndian: true }, { big: true }, { big: true, bigEndian: true }])(
    '%o reads the same pixels',
    async (options) => {
      await withSlide(written(writeTiff([pageOf(small)], options)), async (slide) => {
        expect(largestDifference(await wholeOf(slide), small)).toBe(0)
      })
    },
  )

  test('levels in SubIFDs are found', async () => {
    const path = written(writeTiff([{ ...pageOf(small), subPages: [pageOf(picture(50, 35))] }]))
    await withSlide(path, (slide) => {
      const stored = slide.info.levels.filter((level) => !level.generated)
      expect(stored.map((level) => level.width)).toEqual([100, 50])
    })
  })

  test('pages of another shape, masks and copies of the same size are not levels', async () => {
    const mask = pageOf(picture(50, 35), [{ tag: 254, type: 4, values: [4] }])
    const path = written(writeTiff([pageOf(small), pageOf(small), pageOf(picture(60, 20)), mask]))
    await withSlide(path, (slide) => {
      expect(slide.info.levels.filter((level) => !level.generated)).toHaveLength(1)
    })
  })

  test('tiles that a sparse file leaves out are white', async () => {
    const page = {
      entries: rgbTiles(100, 70, 32),
      blocks: tilesOf(small, 32).map((tile, i) => (i === 5 ? null : tile)),
    }
    await withSlide(written(writeTiff([page])), async (slide) => {
      const gap = await slide.region({ x: 32, y: 32, width: 32, height: 32 }, 32, 32)
      expect(new Set(gap.data)).toEqual(new Set([255]))
      const shown = await decodedBy((await slide.tile(0, 1, 1)).bytes)
      expect(new Set(shown.data)).toEqual(new Set([255]))
    })
  })

  test('an Aperio slide without MPP has no scale, however it was magnified', async () => {
    const description = (text: string): Entry => ({ tag: 270, type: 2, values: text })
    const open = (text: string) =>
      withSlide(written(writeTiff([pageOf(small, [description(text)])])), ({ info }) => [info.format, info.mpp?.x])
    expect(await open('Aperio Image Library v11\r\n100x70|AppMag = 40')).toEqual(['Aperio SVS', undefined])
    expect(await open('Aperio Image Library v11\r\n100x70|AppMag = 40|MPP = 0.2520|Left = 1')).toEqual([
      'Aperio SVS',
      0.252,
    ])
    expect(await open('Aperio Image Library v11\r\n100x70|MPP = 0')).toEqual(['Aperio SVS', undefined])
    expect(await open('Aperio Image Library v11\r\n100x70|MPP = 252')).toEqual(['Aperio SVS', undefined])
  })
})

describe('a damaged TIFF is refused, or fails where it is read', () => {
  const replaced = (tag: number, entry: Partial<Entry>): Page => ({
    ...pageOf(small),
    entries: rgbTiles(100, 70, 32).map((e) => (e.tag === tag ? { ...e, ...entry } : e)),
  })
  const planarYCbCr: Entry[] = [...rgbTiles(100, 70, 32, 7, 6), { tag: 284, type: 3, values: [2] }]
  const sevenOfGrey = rgbTiles(100, 70, 32, 1, 1).map((e) => (e.tag === 277 ? { ...e, values: [7] } : e))
  const jpegPage = (block: Buffer, photometric = 6): Page => ({
    entries: rgbTiles(64, 64, 64, 7, photometric),
    blocks: [block],
  })
  const unreadable: [string, () => Buffer | Promise<Buffer>][] = [
    ['no directory at all', () => writeTiff([])],
    ['a width of zero', () => writeTiff([replaced(256, { values: [0] })])],
    ['a width of four thousand million', () => writeTiff([replaced(256, { values: [4e9] })])],
    ['tiles of 65,535 px', () => writeTiff([{ ...replaced(322, { values: [65535] }), ...{} }])],
    ['tiles of zero px', () => writeTiff([replaced(322, { values: [0] })])],
    [
      'a description of 4 GB',
      () => writeTiff([pageOf(small, [{ tag: 270, type: 2, values: 'Aperio', claimedCount: 0xffffffff }])]),
    ],
    ['values outside the file', () => writeTiff([replaced(258, { claimedOffset: 0xfffffff0 })])],
    [
      'a tile table outside the file',
      () =>
        writeTiff([
          {
            entries: [
              ...rgbTiles(100, 70, 32),
              { tag: 324, type: 4, values: [1], claimedCount: 12, claimedOffset: 1e9 },
              { tag: 325, type: 4, values: [1], claimedCount: 12, claimedOffset: 1e9 },
            ],
          },
        ]),
    ],
    [
      'tiles outside the file',
      () =>
        writeTiff([
          {
            entries: [
              ...rgbTiles(20, 20, 32),
              { tag: 324, type: 4, values: [1e9] },
              { tag: 325, type: 4, values: [3072] },
            ],
          },
        ]),
    ],
    [
      'tiles larger than the file',
      () =>
        writeTiff([
          {
            entries: [
              ...rgbTiles(20, 20, 32),
              { tag: 324, type: 4, values: [8] },
              { tag: 325, type: 4, values: [0xffffffff] },
            ],
          },
        ]),
    ],
    [
      'fewer tiles than its size needs',
      () => writeTiff([{ entries: rgbTiles(100, 70, 32), blocks: tilesOf(small, 32).slice(0, 3) }]),
    ],
    ['no tile table', () => writeTiff([{ entries: rgbTiles(100, 70, 32) }])],
    ['tiles of too few bytes', () => writeTiff([{ entries: rgbTiles(20, 20, 32), blocks: [Buffer.alloc(100)] }])],
    ['deflate that is none', () => writeTiff([{ entries: rgbTiles(20, 20, 32, 8), blocks: [Buffer.alloc(100, 7)] }])],
    [
      'a deflate tile of too few pixels',
      () => writeTiff([{ entries: rgbTiles(20, 20, 32, 8), blocks: [deflateSync(Buffer.alloc(200))] }]),
    ],
    ['JPEG that is none', () => writeTiff([jpegPage(Buffer.alloc(100, 9))])],
    [
      'JPEG that ends in its header',
      async () => writeTiff([jpegPage((await raw(picture(64, 64)).jpeg().toBuffer()).subarray(0, 100))]),
    ],
    [
      'JPEG that ends in its pixels',
      async () => {
        const jpeg = await raw(picture(64, 64)).jpeg().toBuffer()
        return writeTiff([jpegPage(jpeg.subarray(0, jpeg.length - 200))])
      },
    ],
    ['a JPEG larger than its tile', async () => writeTiff([jpegPage(await raw(picture(640, 640)).jpeg().toBuffer())])],
    ['a JPEG smaller than its tile', async () => writeTiff([jpegPage(await raw(picture(32, 32)).jpeg().toBuffer())])],
    [
      'JPEG tables that are none',
      async () =>
        writeTiff([
          {
            ...jpegPage(await raw(picture(64, 64)).jpeg().toBuffer()),
            entries: [...rgbTiles(64, 64, 64, 7, 6), { tag: 347, type: 7, values: Buffer.alloc(50) }],
          },
        ]),
    ],
  ]
  test.each(unreadable)('%s', async (_, make) => {
    const failure = await failureOf(written(await make()), wholeOf)
    expect(failure).toMatchObject({ kind: 'unreadable' })
    expect(failure?.message).toMatch(/^[^\n]{20,}[.]$/)
  })

  test.each<[string, Page]>([
    ['32-bit samples', replaced(258, { values: [32, 32, 32] })],
    ['samples of different depth', replaced(258, { values: [8, 8, 16] })],
    ['a compression nobody knows', replaced(259, { values: [12345] })],
    ['YCbCr in separate planes', { ...replaced(262, { values: [6] }), entries: planarYCbCr }],
    ['CMYK without black', replaced(262, { values: [5] })],
    ['seven channels of grey', { ...pageOf(small), entries: sevenOfGrey }],
  ])('%s: refused as unsupported, saying why', async (_, page) => {
    const failure = await failureOf(written(writeTiff([page])))
    expect(failure).toMatchObject({ kind: 'unsupported' })
    expect(failure?.message).toMatch(/does not read: .+[.]$/)
  })

  test.each<[string, TiffOptions]>([
    ['runs in a circle', { lastNext: 'first' }],
    ['leads out of the file', { lastNext: 1e9 }],
    ['leads into the header', { lastNext: 2 }],
  ])('a chain of directories that %s: the levels before that open, with a notice', async (_, options) => {
    const path = written(writeTiff([pageOf(small), pageOf(picture(50, 35))], options))
    await withSlide(path, async (slide) => {
      expect(slide.info.levels.filter((level) => !level.generated).map((level) => level.width)).toEqual([100, 50])
      expect(slide.info.notices).toHaveLength(1)
      expect((slide.info.notices ?? []).map(inEnglish).join()).toMatch(/^[^\n]{20,}[.]$/)
      expect(largestDifference(await wholeOf(slide), small)).toBe(0)
    })
  })

  test('a level that is damaged is left out with a notice, the others open', async () => {
    const broken = { ...pageOf(picture(50, 35)), entries: rgbTiles(50, 35, 0) }
    const path = written(writeTiff([pageOf(small), broken, pageOf(picture(25, 18))]))
    await withSlide(path, ({ info }) => {
      expect(info.levels.filter((level) => !level.generated).map((level) => level.width)).toEqual([100, 25])
      expect((info.notices ?? []).map(inEnglish).join()).toContain('blocks claim')
    })
  })

  test('a huge image in strips is refused before memory is allocated', async () => {
    const entries: Entry[] = [
      { tag: 256, type: 4, values: [200_000] },
      { tag: 257, type: 4, values: [200_000] },
      { tag: 258, type: 3, values: [8, 8, 8] },
      { tag: 259, type: 3, values: [1] },
      { tag: 262, type: 3, values: [2] },
      { tag: 277, type: 3, values: [3] },
    ]
    const failure = await failureOf(
      written(writeTiff([{ entries, blocks: [Buffer.alloc(10)], isStripped: true }])),
      wholeOf,
    )
    expect(failure).toMatchObject({ kind: 'unsupported' })
    expect(failure?.message).toContain('tiled')
  })
})

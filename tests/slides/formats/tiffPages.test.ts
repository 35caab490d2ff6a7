import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inEnglish, type RgbImage } from '../../../electron/contract/index.ts'
import { openSlide } from '../../../electron/slides/index.ts'
import { levelFactor } from '../../../electron/slides/source/levelFactor.ts'
import {
  failureOf,
  largestDifference,
  meanDifference,
  picture,
  temporaryFolder,
  wholeOf,
  withSlide,
} from '../../support/slides.ts'
import { rgbTiles, writeTiff, type Entry, type Page } from '../../support/tiff.ts'
import { tilesOf } from '../../support/tiles.ts'

const folder = temporaryFolder()
let number = 0
const written = (pages: readonly Page[], ending = 'tif'): string => {
  const path = join(folder, `${number++}.${ending}`)
  writeFileSync(path, writeTiff(pages))
  return path
}
const text = (value: string): Entry => ({ tag: 270, type: 2, values: value })
const short = (tag: number, value: number): Entry => ({ tag, type: 3, values: [value] })
const rational = (tag: number, value: number): Entry => {
  const below = value < 4000 ? 1e6 : 1e4
  return { tag, type: 5, values: [Math.round(value * below), below] }
}
/** Pixels per unit: 1 none, 2 inch, 3 cm. */
const resolution = (perUnit: number, unit: number): Entry[] => [
  rational(282, perUnit),
  rational(283, perUnit),
  short(296, unit),
]
const tiled = (image: RgbImage, ...more: Entry[]): Page => ({
  entries: [...rgbTiles(image.width, image.height, 32), ...more],
  blocks: tilesOf(image, 32),
})
const stripped = (image: RgbImage, ...more: Entry[]): Page => ({
  entries: [
    ...rgbTiles(image.width, image.height, 32).filter(({ tag }) => tag < 300),
    short(278, image.height),
    ...more,
  ],
  blocks: [image.data],
  isStripped: true,
})
/** A picture of one colour. */
const plain = (width: number, height: number, value: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
})
/** An image laid on a larger one of black. */
const padded = (image: RgbImage, width: number, height: number): RgbImage => {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < image.height; y++)
    data.set(image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3), y * width * 3)
  return { width, height, data }
}
const levelsOf = (path: string) =>
  withSlide(path, ({ info }) =>
    info.levels.filter((level) => !level.generated).map(({ width, height, downsample }) => [width, height, downsample]),
  )
const noticesOf = (path: string) => withSlide(path, ({ info }) => (info.notices ?? []).map(inEnglish).join(' '))

describe('the factor of a level', () => {
  const tile = (width: number, height: number, side = 256) => ({ width, height, tileWidth: side, tileHeight: side })
  test.each<[string, [number, number], ReturnType<typeof tile>, number | null, number | null, boolean]>([
    ['half', [1000, 700], tile(500, 350), null, 2, true],
    ['rounded up', [1001, 701], tile(501, 351), null, 2, true],
    ['rounded down', [46001, 32915], tile(11500, 8228), null, 4, true],
    ['two and a half', [1000, 700], tile(400, 280), null, 2.5, true],
    ['padded to whole tiles', [896, 896], tile(640, 640, 320), null, 2, true],
    ['padded to whole tiles in one direction', [3000, 1000], tile(1536, 512), null, 2, true],
    ['padded more than the shape allows', [3000, 2000], tile(512, 256), null, 8, true],
    ['padded, and stated', [896, 1200], tile(640, 800, 64), 2, 2, true],
    ['stated as nonsense', [1000, 700], tile(250, 175), 1, 4, true],
    ['stated as nonsense of another kind', [1000, 700], tile(250, 175), 300, 4, true],
    ['stated and rounded', [1000, 700], tile(250, 175), 4.0001, 4, true],
    ['cut to whole tiles', [3000, 2000], tile(1280, 768), 2, 2, false],
    ['another shape', [1000, 700], tile(300, 300, 32), null, null, true],
    ['not smaller', [1000, 700], tile(1000, 700), null, null, true],
  ])('%s', (_, [width, height], level, stated, factor, isWhole) => {
    const found = levelFactor({ width, height }, level, stated)
    if (factor === null) expect(found).toBeNull()
    else {
      expect(found?.factor).toBeCloseTo(factor, 6)
      expect(found?.isWhole).toBe(isWhole)
    }
  })
})

describe('levels of a TIFF', () => {
  const base = picture(200, 120)
  const half: RgbImage = picture(100, 60)

  test('that is padded to whole tiles is cut to the slide, and says so', async () => {
    const path = written([
      tiled(base, ...resolution(40000, 3)),
      tiled(padded(half, 128, 64), ...resolution(20000, 3), short(254, 1)),
    ])
    expect(await levelsOf(path)).toEqual([
      [200, 120, 1],
      [100, 60, 2],
    ])
    expect(await noticesOf(path)).toContain('padded')
    await withSlide(path, async (slide) => {
      const read = await slide.region({ x: 0, y: 0, width: 200, height: 120 }, 100, 60)
      expect(meanDifference(read, half)).toBeLessThan(3)
    })
  })

  test('that ends before the slide does is not used, and that is said', async () => {
    const path = written([
      tiled(base, ...resolution(40000, 3)),
      tiled(picture(96, 32), ...resolution(20000, 3), short(254, 1)),
    ])
    expect(await levelsOf(path)).toEqual([[200, 120, 1]])
    expect(await noticesOf(path)).toContain('ends before the slide does')
  })
})

describe('several images in a file', () => {
  test('a reduced copy in tiles is not taken for the slide in strips', async () => {
    const path = written([stripped(picture(200, 120)), tiled(picture(100, 60), short(254, 1))])
    expect(await levelsOf(path)).toEqual([[200, 120, 1]])
    expect(await noticesOf(path)).toBe('')
  })

  test('where the chain holds only a reduced copy, the image is found in its sub-directories', async () => {
    const preview = stripped(picture(40, 30), short(254, 1))
    expect(await levelsOf(written([{ ...preview, subPages: [stripped(picture(200, 120))] }]))).toEqual([[200, 120, 1]])
    const raw: Page = {
      ...stripped(picture(200, 120)),
      entries: stripped(picture(200, 120)).entries.map((entry) =>
        entry.tag === 262 ? { ...entry, values: [32803] } : entry,
      ),
    }
    expect(await failureOf(written([{ ...preview, subPages: [raw] }]))).toMatchObject({ kind: 'unsupported' })
  })

  test('the old tag for a reduced copy counts as well', async () => {
    const path = written([stripped(picture(200, 120)), tiled(picture(120, 120), short(255, 2))])
    expect(await levelsOf(path)).toEqual([[200, 120, 1]])
    expect(await noticesOf(path)).toBe('')
  })

  test('the largest is opened, the others are named, and each can be opened by its number', async () => {
    const [small, large] = [picture(60, 40), picture(90, 80)]
    const path = written([stripped(small), stripped(large), tiled(picture(30, 30))])
    await withSlide(path, async (slide) => {
      expect(slide.info).toMatchObject({ width: 90, height: 80, image: 2 })
      expect(slide.info.images?.map(({ width, height }) => [width, height])).toEqual([
        [60, 40],
        [90, 80],
        [30, 30],
      ])
    })
    expect(await noticesOf(path)).toMatch(/Number 2 is shown; the others are 1 \(60 × 40\), 3 \(30 × 30\)/)
    await withSlide(path, async (slide) => expect(largestDifference(await wholeOf(slide), small)).toBe(0), { image: 1 })
    await withSlide(`${path}#image=1`, async (slide) => expect(largestDifference(await wholeOf(slide), small)).toBe(0))
    expect(await openSlide(path, { image: 4 })).toMatchObject({ ok: false, failure: { kind: 'invalid-input' } })
    expect(await openSlide(written([stripped(small)]), { image: 2 })).toMatchObject({ ok: false })
  })

  test('a small copy in strips beside tiles is the thumbnail', async () => {
    const path = written([tiled(picture(200, 120)), stripped(picture(50, 30))])
    await withSlide(path, ({ info }) => {
      expect(info.associated?.map(({ name }) => name)).toEqual(['thumbnail'])
      expect(info.images).toBeUndefined()
      expect(info.notices).toBeUndefined()
    })
  })

  test('a page that is called label or macro is a picture beside the slide, not an image', async () => {
    const path = written([
      tiled(picture(90, 80)),
      stripped(picture(200, 100), text('Label image')),
      stripped(picture(30, 60), short(254, 9)),
    ])
    await withSlide(path, ({ info }) => {
      expect([info.width, info.height]).toEqual([90, 80])
      expect(info.associated?.map(({ name }) => name)).toEqual(['label', 'macro'])
      expect(info.images).toBeUndefined()
    })
  })

  test('three grey pages of one picture are refused as separate channels', async () => {
    const grey = (): Page => ({
      entries: [
        { tag: 256, type: 4, values: [40] },
        { tag: 257, type: 4, values: [30] },
        short(258, 8),
        short(259, 1),
        short(262, 1),
        short(277, 1),
        short(278, 30),
      ],
      blocks: [Buffer.alloc(1200, 9)],
      isStripped: true,
    })
    const [first, ...rest] = [grey(), grey(), grey()]
    const described = (description: string) =>
      written([{ ...first, entries: [...first.entries, text(description)] }, ...rest])
    for (const description of [
      '{"shape": [3, 30, 40]}',
      'ImageJ=1.53c\nimages=3\nchannels=3\nmode=composite\n',
      ome({ sizeC: 3, samples: 1 }),
    ])
      expect(await failureOf(described(description))).toMatchObject({
        kind: 'unsupported',
        message: expect.stringContaining('fluorescence') as string,
      })
  })
})

interface OmeOptions {
  readonly sizeZ?: number
  readonly sizeC?: number
  readonly samples?: number
  readonly order?: string
  readonly attributes?: string
  readonly prefix?: string
}
const ome = ({
  sizeZ = 1,
  sizeC = 3,
  samples = 3,
  order = 'XYCZT',
  attributes = '',
  prefix = '',
}: OmeOptions): string =>
  `<?xml version="1.0"?><${prefix}OME\nxmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><${prefix}Image ID="Image:0">` +
  `<${prefix}Pixels DimensionOrder="${order}" SizeX="40" SizeY="30" SizeZ="${sizeZ}" SizeC="${sizeC}" SizeT="1" ${attributes}>` +
  `<${prefix}Channel SamplesPerPixel="${samples}"/><${prefix}TiffData/></${prefix}Pixels></${prefix}Image></${prefix}OME>`

describe('focal planes', () => {
  const planes = [10, 20, 30, 40, 50].map((value) => plain(40, 30, value))
  const shownIn = (path: string) => withSlide(path, async (slide) => (await wholeOf(slide)).data[0])

  test('of an OME-TIFF the middle one is shown, and that is said', async () => {
    const path = written([tiled(planes[0], text(ome({ sizeZ: 5 }))), ...planes.slice(1).map((plane) => tiled(plane))])
    expect(await shownIn(path)).toBe(30)
    expect(await noticesOf(path)).toContain('5 focal planes the middle one')
  })

  test('of an Aperio slide the one in focus is shown, else the middle one', async () => {
    const slide = (offset: string, ...pages: number[]) =>
      pages.map((value, i) =>
        tiled(plain(40, 30, value), text(`Aperio v1\n40x30|MPP = 0.25${offset.replace('#', String(i - 3))}`)),
      )
    expect(await shownIn(written(slide('|OffsetZ = #.0', 10, 20, 30, 40, 50)))).toBe(40)
    const unstated = written(slide('', 10, 20, 30, 40, 50))
    expect(await shownIn(unstated)).toBe(30)
    expect(await noticesOf(unstated)).toContain('5 focal planes the middle one')
  })

  test('of an ImageJ stack the middle slice is shown, also where only the first has a directory', async () => {
    const description = text('ImageJ=1.53c\nimages=5\nslices=5\nunit=micron\n')
    const path = written([stripped(planes[0], description), ...planes.slice(1).map((plane) => stripped(plane))])
    expect(await shownIn(path)).toBe(30)
    const joined = Buffer.concat(planes.map(({ data }) => data))
    const first = stripped(planes[0], description)
    const single = written([{ ...first, blocks: [joined] }])
    expect(await shownIn(single)).toBe(30)
    expect(await noticesOf(single)).toContain('5 focal planes the middle one')
  })
})

describe('µm/px', () => {
  const mppOf = (entries: readonly Entry[], ending?: string) =>
    withSlide(written([tiled(picture(40, 30), ...entries)], ending), ({ info }) => info.mpp && [info.mpp.x, info.mpp.y])

  test.each([
    ['micron', 1],
    ['um', 1],
    ['µm', 1],
    ['\\u00B5m', 1],
    ['nm', 1e-3],
    ['mm', 1e3],
    ['cm', 1e4],
    ['inch', 25400],
  ])('of ImageJ in %s are read', async (unit, micrometres) => {
    const found = await mppOf([text(`ImageJ=1.53c\nunit=${unit}\n`), ...resolution(4 * micrometres, 1)])
    expect(found?.[0]).toBeCloseTo(0.25, 4)
  })

  test.each([
    ['pixel', null],
    ['', null],
  ])('of ImageJ in "%s" are unknown', async (unit, expected) => {
    expect(await mppOf([text(`ImageJ=1.53c\nunit=${unit}\n`), ...resolution(4, 1)])).toBe(expected)
  })

  test.each([
    ['PhysicalSizeX="0.25" PhysicalSizeY="0.25"', 0.25],
    ['PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="250" PhysicalSizeYUnit="nm"', 0.25],
    ["PhysicalSizeX='0.25' PhysicalSizeXUnit='&#181;m' PhysicalSizeY='0.25' PhysicalSizeYUnit='&#xB5;m'", 0.25],
    ['PhysicalSizeX="2500" PhysicalSizeXUnit="Å" PhysicalSizeY="2500" PhysicalSizeYUnit="Å"', 0.25],
    ['PhysicalSizeX="0.00025" PhysicalSizeXUnit="mm" PhysicalSizeY="0.00025" PhysicalSizeYUnit="mm"', 0.25],
    ['PhysicalSizeX="1" PhysicalSizeXUnit="pixel" PhysicalSizeY="1" PhysicalSizeYUnit="pixel"', null],
    ['', null],
  ])('of OME-XML with %s', async (attributes, expected) => {
    for (const prefix of ['', 'ome:', 'ns0:']) {
      const found = await mppOf([text(ome({ attributes, prefix }))])
      if (expected === null) expect(found).toBeNull()
      else expect(found?.[0]).toBeCloseTo(expected, 6)
    }
  })

  test.each([
    'Scanner 3000|AppMag = 40|MPP = 0.25',
    '{"mpp": 0.25, "vendor": "x"}',
    'openslide.mpp-x=0.25\nopenslide.mpp-y=0.25',
    '<Slide><MPP>0.25</MPP></Slide>',
    'mppx: 0.25; mppy: 0.25',
    'scanned at 0.25 µm/px by a scanner',
    'Pixel size 0,25 microns per pixel',
  ])('stated as "%s" are read', async (description) => {
    expect(await mppOf([text(description)])).toEqual([0.25, 0.25])
  })

  test('that differ between x and y are kept, and said when far apart', async () => {
    const path = written([tiled(picture(40, 30), text('mpp_x=0.25, mpp_y=0.5'))])
    await withSlide(path, ({ info }) => {
      expect(info.mpp).toMatchObject({ x: 0.25, y: 0.5 })
      expect((info.notices ?? []).map(inEnglish).join(' ')).toContain('not square (0.25 × 0.5 µm)')
    })
  })
})

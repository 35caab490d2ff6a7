import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inEnglish, type RgbImage } from '../../../electron/contract/index.ts'
import {
  cut,
  decodedBy,
  failureOf,
  largestDifference,
  picture,
  raw,
  temporaryFolder,
  wholeOf,
  withSlide,
} from '../../support/slides.ts'
import { rgbTiles, writeTiff, type Entry, type Page, type TiffOptions } from '../../support/tiff.ts'
import { tilesOf } from '../../support/tiles.ts'

const folder = temporaryFolder()
let number = 0
const written = (bytes: Uint8Array, ending = 'tif'): string => {
  const path = join(folder, `${number++}.${ending}`)
  writeFileSync(path, bytes)
  return path
}
const short = (tag: number, ...values: number[]): Entry => ({ tag, type: 3, values })
const text = (tag: number, value: string): Entry => ({ tag, type: 2, values: value })

const [width, height] = [50, 37]
const original = picture(width, height)
const at = ({ data }: RgbImage, i: number): [number, number, number] => [data[3 * i], data[3 * i + 1], data[3 * i + 2]]
/** Opacity: from 0 to 255 over the picture, and whole in its last quarter. */
const alphaAt = (i: number) => Math.min(255, Math.round((i * 340) / (width * height)))

interface Kind {
  readonly name: string
  /** Samples of pixel i, of 8 bits. */
  readonly samples: (i: number) => number[]
  readonly photometric: number
  readonly entries?: readonly Entry[]
  /** Red, green and blue that pixel i must have. */
  readonly expected: (i: number) => number[]
  /** Largest difference that rounding explains. */
  readonly within?: number
}

const onWhite = (colours: number[], opacity: number) => colours.map((c) => (c * opacity + 255 * (255 - opacity)) / 255)
const grey = (i: number) => at(original, i)[2]
const colourMap = Array.from(
  { length: 768 },
  (_, i) => [(i % 256) * 257, (255 - (i % 256)) * 257, ((i * 7) % 256) * 257][Math.floor(i / 256)],
)

const kinds: readonly Kind[] = [
  { name: 'RGB', photometric: 2, samples: (i) => at(original, i), expected: (i) => at(original, i) },
  { name: 'grey', photometric: 1, samples: (i) => [grey(i)], expected: (i) => [grey(i), grey(i), grey(i)] },
  {
    name: 'grey whose white is zero',
    photometric: 0,
    samples: (i) => [255 - grey(i)],
    expected: (i) => [grey(i), grey(i), grey(i)],
  },
  {
    name: 'indexed colours',
    photometric: 3,
    entries: [short(320, ...colourMap)],
    samples: (i) => [grey(i)],
    expected: (i) => [grey(i), 255 - grey(i), ((grey(i) + 512) * 7) % 256],
  },
  {
    name: 'indexed colours of 8 bits',
    photometric: 3,
    entries: [short(320, ...colourMap.map((value) => value / 257))],
    samples: (i) => [grey(i)],
    expected: (i) => [grey(i), 255 - grey(i), ((grey(i) + 512) * 7) % 256],
  },
  {
    name: 'RGB and a saved selection (ExtraSamples 0)',
    photometric: 2,
    entries: [short(338, 0)],
    samples: (i) => [...at(original, i), i % 2 ? 0 : 255],
    expected: (i) => at(original, i),
  },
  {
    name: 'RGB and opacity (ExtraSamples 2)',
    photometric: 2,
    entries: [short(338, 2)],
    samples: (i) => [...at(original, i), alphaAt(i)],
    expected: (i) => onWhite(at(original, i), alphaAt(i)),
    within: 1,
  },
  {
    name: 'RGB multiplied by opacity (ExtraSamples 1)',
    photometric: 2,
    entries: [short(338, 1)],
    samples: (i) => [...at(original, i).map((c) => Math.round((c * alphaAt(i)) / 255)), alphaAt(i)],
    expected: (i) => onWhite(at(original, i), alphaAt(i)),
    within: 1,
  },
  {
    name: 'RGB and a fourth channel of which nothing is stated',
    photometric: 2,
    samples: (i) => [...at(original, i), alphaAt(i)],
    expected: (i) => onWhite(at(original, i), alphaAt(i)),
    within: 1,
  },
  {
    name: 'RGB, a selection and opacity',
    photometric: 2,
    entries: [short(338, 0, 2)],
    samples: (i) => [...at(original, i), 0, alphaAt(i)],
    expected: (i) => onWhite(at(original, i), alphaAt(i)),
    within: 1,
  },
  {
    name: 'RGB and four channels more',
    photometric: 2,
    entries: [short(338, 0, 0, 0, 0)],
    samples: (i) => [...at(original, i), 1, 2, 3, 4],
    expected: (i) => at(original, i),
  },
  {
    name: 'grey and another channel',
    photometric: 1,
    entries: [short(338, 0)],
    samples: (i) => [grey(i), 0],
    expected: (i) => [grey(i), grey(i), grey(i)],
  },
  {
    name: 'grey and opacity',
    photometric: 1,
    entries: [short(338, 2)],
    samples: (i) => [grey(i), alphaAt(i)],
    expected: (i) => onWhite([grey(i), grey(i), grey(i)], alphaAt(i)),
    within: 1,
  },
  {
    name: 'CMYK',
    photometric: 5,
    samples: (i) => [...at(original, i).map((c) => 255 - c), 51],
    expected: (i) => at(original, i).map((c) => c * 0.8),
    within: 1,
  },
  {
    // Values of the CIE formulas under D50; white, grey and the three primaries of sRGB.
    name: 'Lab',
    photometric: 8,
    samples: (i) =>
      [
        [255, 0, 0],
        [137, 0, 0],
        [138, 81, 70],
        [224, 177, 81],
        [75, 68, 144],
      ][i % 5],
    expected: (i) =>
      [
        [255, 255, 255],
        [128, 128, 128],
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
      ][i % 5],
    within: 12,
  },
  {
    name: 'YCbCr',
    photometric: 6,
    entries: [short(530, 1, 1)],
    samples: (i) => {
      const [r, g, b] = at(original, i)
      const y = 0.299 * r + 0.587 * g + 0.114 * b
      return [y, 128 + (b - y) / 1.772, 128 + (r - y) / 1.402].map((v) => Math.min(255, Math.round(v)))
    },
    expected: (i) => at(original, i),
    within: 2,
  },
]

const packers: Readonly<Record<string, readonly [compression: number, pack: (bytes: Buffer) => Uint8Array]>> = {
  none: [1, (bytes) => bytes],
  deflate: [8, (bytes) => deflateSync(bytes)],
  'old deflate': [32946, (bytes) => deflateSync(bytes)],
  PackBits: [32773, packBits],
  zstd: [50000, (bytes) => zstdCompressSync(bytes)],
  LZW: [5, packLzw],
}

/** PackBits by literal runs and repeats. */
function packBits(bytes: Buffer): Uint8Array {
  const out: number[] = []
  for (let from = 0; from < bytes.length;) {
    let run = 1
    while (run < 128 && bytes[from + run] === bytes[from]) run++
    if (run > 1) out.push(257 - run, bytes[from])
    else {
      while (run < 128 && from + run < bytes.length && bytes[from + run] !== bytes[from + run - 1]) run++
      out.push(run - 1, ...bytes.subarray(from, from + run))
    }
    from += run
  }
  return Uint8Array.from(out)
}

/** LZW as TIFF 6.0 has it, by a table of strings; clears the table when it is full. */
function packLzw(bytes: Buffer): Uint8Array {
  const out: number[] = []
  let [buffer, held] = [0, 0]
  let table = new Map<string, number>()
  let next = 258
  let bits = 9
  const write = (code: number) => {
    buffer = buffer * 2 ** bits + code
    held += bits
    while (held >= 8) {
      held -= 8
      out.push(Math.floor(buffer / 2 ** held) & 255)
      buffer %= 2 ** held
    }
  }
  const clear = () => {
    write(256)
    table = new Map()
    next = 258
    bits = 9
  }
  const codeOf = (text: string) => (text.length === 1 ? text.charCodeAt(0) : table.get(text))
  clear()
  let held2 = ''
  for (const byte of bytes) {
    const longer = held2 + String.fromCharCode(byte)
    if (codeOf(longer) !== undefined) {
      held2 = longer
      continue
    }
    write(codeOf(held2) ?? 0)
    table.set(longer, next++)
    if (next === 4095) clear()
    else if (next === 2 ** bits) bits++
    held2 = String.fromCharCode(byte)
  }
  write(codeOf(held2) ?? 0)
  write(257)
  if (held > 0) out.push((buffer << (8 - held)) & 255)
  return Uint8Array.from(out)
}

interface Layout extends TiffOptions {
  readonly compression: string
  readonly isTiled?: boolean
  readonly isPlanar?: boolean
  readonly hasPredictor?: boolean
  readonly isReversed?: boolean
  readonly bits?: 8 | 16
  readonly rowsPerStrip?: number
}

/** Writes the samples of a kind in a layout. 16-bit samples are 257 times those of 8 bits. */
function write(kind: Kind, layout: Layout): string {
  const { compression, isTiled, isPlanar, hasPredictor, isReversed, bits = 8, bigEndian, rowsPerStrip = 10 } = layout
  const count = kind.samples(0).length
  const [blockWidth, blockHeight] = isTiled ? [32, 16] : [width, rowsPerStrip]
  const [code, pack] = packers[compression]
  const blockOf = (left: number, top: number, channels: readonly number[]): Uint8Array => {
    const rows = isTiled ? blockHeight : Math.min(blockHeight, height - top)
    const values: number[] = []
    for (let y = top; y < top + rows; y++)
      for (let x = left; x < left + blockWidth; x++) {
        const samples = x < width && y < height ? kind.samples(y * width + x) : Array.from({ length: count }, () => 0)
        for (const channel of channels) values.push(samples[channel] * (bits === 16 ? 257 : 1))
      }
    if (hasPredictor) {
      const row = blockWidth * channels.length
      for (let i = values.length - 1; i >= 0; i--)
        if (i % row >= channels.length) values[i] = (values[i] - values[i - channels.length] + 2 ** bits) % 2 ** bits
    }
    const bytes = Buffer.alloc(values.length * (bits / 8))
    values.forEach((value, i) => {
      if (bits === 8) bytes[i] = value
      else if (bigEndian) bytes.writeUInt16BE(value, 2 * i)
      else bytes.writeUInt16LE(value, 2 * i)
    })
    const packed = Uint8Array.from(pack(bytes))
    return isReversed
      ? packed.map((byte) => parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2))
      : packed
  }
  const all = Array.from({ length: count }, (_, channel) => channel)
  const blocks: Uint8Array[] = []
  for (const channels of isPlanar ? all.map((channel) => [channel]) : [all])
    for (let top = 0; top < height; top += blockHeight)
      for (let left = 0; left < width; left += blockWidth) blocks.push(blockOf(left, top, channels))
  const page: Page = {
    entries: [
      { tag: 256, type: 4, values: [width] },
      { tag: 257, type: 4, values: [height] },
      short(258, ...all.map(() => bits)),
      short(259, code),
      short(262, kind.photometric),
      ...(isReversed ? [short(266, 2)] : []),
      short(277, count),
      short(284, isPlanar ? 2 : 1),
      ...(hasPredictor ? [short(317, 2)] : []),
      ...(isTiled ? [short(322, 32), short(323, 16)] : [short(278, rowsPerStrip)]),
      ...(kind.entries ?? []),
    ],
    blocks,
    isStripped: !isTiled,
  }
  return written(writeTiff([page], layout))
}

async function expectKind(kind: Kind, layout: Layout): Promise<void> {
  await withSlide(write(kind, layout), async (slide) => {
    const { data } = await wholeOf(slide)
    let most = 0
    for (let i = 0; i < width * height; i++) {
      const expected = kind.expected(i)
      for (let c = 0; c < 3; c++) most = Math.max(most, Math.abs(data[3 * i + c] - expected[c]))
    }
    expect(most).toBeLessThanOrEqual((kind.within ?? 0) + (layout.bits === 16 ? 1 : 0))
  })
}

describe.each(kinds)('pixels of kind $name', (kind) => {
  const isIndexed = kind.photometric === 3
  test.each<Layout>([
    ...Object.keys(packers).map((compression): Layout => ({ compression })),
    { compression: 'deflate', rowsPerStrip: 1 },
    { compression: 'LZW', isTiled: true },
    { compression: 'deflate', isTiled: true, hasPredictor: true },
    { compression: 'LZW', hasPredictor: true, bigEndian: true },
    { compression: 'zstd', isTiled: true, hasPredictor: true },
    { compression: 'none', isReversed: true },
    { compression: 'LZW', isReversed: true, isTiled: true },
    ...(kind.photometric === 6
      ? []
      : ([
          { compression: 'deflate', isPlanar: true },
          { compression: 'none', isPlanar: true, isTiled: true },
          { compression: 'LZW', isPlanar: true, isTiled: true, hasPredictor: true },
        ] satisfies Layout[])),
    ...(isIndexed || kind.photometric === 8
      ? []
      : ([
          { compression: 'none', bits: 16 },
          { compression: 'deflate', bits: 16, hasPredictor: true, isTiled: true },
          { compression: 'LZW', bits: 16, hasPredictor: true, bigEndian: true },
          ...(kind.photometric === 6
            ? []
            : [{ compression: 'zstd', bits: 16, isPlanar: true, isTiled: true } as const]),
        ] satisfies Layout[])),
  ])('stored as %o have their colours', (layout) => expectKind(kind, layout))
})

describe('samples of fewer than 8 bits', () => {
  test.each([1, 2, 4])('%i bits of grey and of indexed colours are read', async (bits) => {
    const most = 2 ** bits - 1
    const valueAt = (x: number, y: number) => (x * 3 + y) % (most + 1)
    const rowBytes = Math.ceil((width * bits) / 8)
    const rows = Buffer.alloc(rowBytes * height)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        rows[y * rowBytes + Math.floor((x * bits) / 8)] |= valueAt(x, y) << (8 - bits - ((x * bits) % 8))
    const page = (photometric: number, more: Entry[] = []): Page => ({
      entries: [
        { tag: 256, type: 4, values: [width] },
        { tag: 257, type: 4, values: [height] },
        short(258, bits),
        short(259, 1),
        short(262, photometric),
        short(277, 1),
        short(278, height),
        ...more,
      ],
      blocks: [rows],
      isStripped: true,
    })
    const map = Array.from(
      { length: 3 * (most + 1) },
      (_, i) => (i % (most + 1)) * 1000 + 2000 * Math.floor(i / (most + 1)),
    )
    await withSlide(written(writeTiff([page(1)])), async (slide) => {
      const { data } = await wholeOf(slide)
      expect(data[3 * (5 * width + 7)]).toBe(Math.round((255 * valueAt(7, 5)) / most))
    })
    await withSlide(written(writeTiff([page(3, [short(320, ...map)])])), async (slide) => {
      const { data } = await wholeOf(slide)
      const i = 3 * (5 * width + 7)
      expect([...data.subarray(i, i + 3)]).toEqual([0, 1, 2].map((c) => (valueAt(7, 5) * 1000 + 2000 * c) >> 8))
    })
  })
})

describe('12 bits in 16', () => {
  const deep = (more: readonly Entry[], factor: number, ending = 'tif'): string => {
    const bytes = Buffer.alloc(width * height * 6)
    original.data.forEach((value, i) => bytes.writeUInt16LE(Math.round(value * factor), 2 * i))
    return written(
      writeTiff([
        {
          entries: [
            { tag: 256, type: 4, values: [width] },
            { tag: 257, type: 4, values: [height] },
            short(258, 16, 16, 16),
            short(259, 1),
            short(262, 2),
            short(277, 3),
            short(278, height),
            ...more,
          ],
          blocks: [bytes],
          isStripped: true,
        },
      ]),
      ending,
    )
  }
  const ome = (bits: number) =>
    text(
      270,
      `<OME><Image><Pixels DimensionOrder="XYCZT" SignificantBits="${bits}" SizeX="50" SizeY="37" SizeZ="1" SizeC="3" SizeT="1"><Channel SamplesPerPixel="3"/><TiffData/></Pixels></Image></OME>`,
    )

  test.each<[string, readonly Entry[], number, RegExp | null]>([
    ['of a stated MaxSampleValue', [short(281, 4095, 4095, 4095)], 4095 / 255, null],
    ['of stated SignificantBits', [ome(12)], 4095 / 255, null],
    ['of which nothing is stated', [], 4095 / 255, /reach only .* range of 12 bits/],
    ['of 10 bits of which nothing is stated', [], 1023 / 255, /range of 10 bits/],
    ['of 8 bits of which nothing is stated', [], 1, /range of 8 bits/],
    ['whose stated range is too small', [short(281, 255, 255, 255)], 257, null],
    ['of full range', [], 257, null],
  ])('%s are shown over their range', async (_, more, factor, notice) => {
    await withSlide(deep(more, factor), async (slide) => {
      expect(largestDifference(await wholeOf(slide), original)).toBeLessThanOrEqual(1)
      const said = (slide.info.notices ?? []).map(inEnglish).join(' ')
      if (notice) expect(said).toMatch(notice)
      else expect(said).toBe('')
    })
  })
})

describe('JPEG in TIFF', () => {
  test.each([0, 2])('of four components is RGB and what ExtraSamples %i says', async (extra) => {
    // A JPEG of four components by the only writer at hand: CMYK without a transform.
    const planes = await cmykJpeg(original)
    const page: Page = {
      entries: [
        ...rgbTiles(48, 32, 64, 7).filter((entry) => ![256, 257, 258, 277].includes(entry.tag)),
        { tag: 256, type: 4, values: [width] },
        { tag: 257, type: 4, values: [height] },
        short(258, 8, 8, 8, 8),
        short(277, 4),
        short(338, extra),
      ],
      blocks: [planes.stream],
    }
    await withSlide(written(writeTiff([page])), async (slide) => {
      const image = await wholeOf(slide)
      const differences = image.data.map((value, i) => {
        const opacity = extra === 2 ? planes.samples[4 * Math.floor(i / 3) + 3] : 255
        const colour = planes.samples[4 * Math.floor(i / 3) + (i % 3)]
        return Math.abs(value - (colour * opacity + 255 * (255 - opacity)) / 255)
      })
      expect(differences.reduce((sum, one) => sum + one, 0) / differences.length).toBeLessThan(2)
      expect((await slide.tile(0, 0, 0)).mime).toBe('image/png')
    })
  })
})

/** Returns a JPEG of four components padded to 64 × 64, and the samples that a decoder must return. */
async function cmykJpeg(image: RgbImage): Promise<{ stream: Buffer; samples: Uint8Array }> {
  const stream = await raw(image)
    .extend({ right: 64 - width, bottom: 64 - height, background: 'white' })
    .toColourspace('cmyk')
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer()
  const { default: sharp } = await import('sharp')
  const { data } = await sharp(stream)
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw()
    .toBuffer({ resolveWithObject: true })
  // The writer inverts, and says so in an Adobe marker; without it the components are as stored.
  const isInverted = stream.includes('Adobe', 0, 'latin1')
  const samples = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width * 4; x++)
      samples[y * width * 4 + x] = isInverted ? 255 - data[y * 256 + x] : data[y * 256 + x]
  return { stream, samples }
}

describe('orientation', () => {
  /** What stands in a file of an orientation whose upright picture is `image`, by the definition in TIFF 6.0. */
  const storedAs = (image: RgbImage, orientation: number): RgbImage => {
    const [w, h] = orientation >= 5 ? [image.height, image.width] : [image.width, image.height]
    const data = new Uint8Array(image.data.length)
    for (let row = 0; row < h; row++)
      for (let column = 0; column < w; column++) {
        const fromLeft = [1, 4].includes(orientation)
          ? column
          : [2, 3].includes(orientation)
            ? w - 1 - column
            : [5, 8].includes(orientation)
              ? row
              : h - 1 - row
        const fromTop = [1, 2].includes(orientation)
          ? row
          : [3, 4].includes(orientation)
            ? h - 1 - row
            : [5, 6].includes(orientation)
              ? column
              : w - 1 - column
        data.set(at(image, fromTop * image.width + fromLeft), 3 * (row * w + column))
      }
    return { width: w, height: h, data }
  }

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    '%i: pictures in strips, tiles and JPEG are shown upright',
    async (orientation) => {
      const image = picture(90, 70)
      const stored = storedAs(image, orientation)
      const tiled: Page = {
        entries: [...rgbTiles(stored.width, stored.height, 32), short(274, orientation)],
        blocks: tilesOf(stored, 32),
      }
      const strips: Page = {
        entries: [
          ...rgbTiles(stored.width, stored.height, 32).filter(({ tag }) => tag < 300),
          short(274, orientation),
          short(278, stored.height),
        ],
        blocks: [stored.data],
        isStripped: true,
      }
      const jpeg = await raw(stored).withMetadata({ orientation }).png().toBuffer()
      for (const path of [written(writeTiff([tiled])), written(writeTiff([strips])), written(jpeg, 'png')])
        await withSlide(path, async (slide) => {
          expect([slide.info.width, slide.info.height]).toEqual([90, 70])
          expect(largestDifference(await wholeOf(slide), image)).toBe(0)
          const part = await slide.region({ x: 40, y: 20, width: 30, height: 40 }, 30, 40)
          expect(largestDifference(part, cut(image, 40, 20, 30, 40))).toBe(0)
          const said = (slide.info.notices ?? []).map(inEnglish).join(' ')
          expect(said.includes('upright')).toBe(orientation > 1)
        })
    },
  )
})

describe('old tags', () => {
  const entries = rgbTiles(width, height, 32)
  const plain = (more: Entry[]) => [...entries.filter(({ tag }) => tag < 300), ...more]

  test('tiles whose places stand in the tags of strips are read', async () => {
    const path = written(writeTiff([{ entries, blocks: tilesOf(original, 32), isStripped: true }]))
    await withSlide(path, async (slide) => expect(largestDifference(await wholeOf(slide), original)).toBe(0))
  })

  test('strips without lengths and without rows per strip are read', async () => {
    const bytes = writeTiff([{ entries: plain([]), blocks: [original.data], isStripped: true }])
    // Tag 279 becomes one that nobody knows.
    const at279 = bytes.indexOf(Buffer.from([279 & 255, 279 >> 8, 4, 0]))
    bytes.writeUInt16LE(65000, at279)
    await withSlide(written(bytes), async (slide) => expect(largestDifference(await wholeOf(slide), original)).toBe(0))
  })

  test('a slide with a damaged Software tag opens', async () => {
    const software: Entry = { tag: 305, type: 2, values: 'x', claimedCount: 1e6, claimedOffset: 1e8 }
    const path = written(
      writeTiff([{ entries: plain([software, short(278, height)]), blocks: [original.data], isStripped: true }]),
    )
    await withSlide(path, async (slide) => expect(largestDifference(await wholeOf(slide), original)).toBe(0))
  })
})

test('tiles above 4,096 px are read, and given out in tiles of ordinary size', async () => {
  const side = 4224
  const page: Page = {
    entries: rgbTiles(side, side, side, 8),
    blocks: [deflateSync(Buffer.alloc(side * side * 3, 200), { level: 1 })],
  }
  await withSlide(written(writeTiff([page])), async (slide) => {
    expect(slide.info.levels[0].tileWidth).toBeLessThanOrEqual(512)
    const { width: w, height: h } = await decodedBy((await slide.tile(0, 8, 8)).bytes)
    expect([w, h]).toEqual([128, 128])
  })
})

test('a file that cannot be read is refused with what it is and what to do', async () => {
  const page = { entries: [...rgbTiles(20, 20, 32, 34925)], blocks: [Buffer.alloc(100)] }
  const failure = await failureOf(written(writeTiff([page])))
  expect(failure).toMatchObject({ kind: 'unsupported' })
  expect(failure?.message).toMatch(/LZMA.*Save it as a TIFF or PNG/)
})

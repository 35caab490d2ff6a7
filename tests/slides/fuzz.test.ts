import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { FailureError, unwrap } from '../../electron/contract/index.ts'
import { openSlide } from '../../electron/slides/index.ts'
import { writeDicom } from '../support/dicom.ts'
import { encodeJpeg2000 } from '../support/encodeJpeg2000.ts'
import { openSlideLibraries } from '../support/openslide.ts'
import { isLong } from '../support/long.ts'
import { failureOf, picture, raw, temporaryFolder, wholeOf } from '../support/slides.ts'
import { writeBmp, writeJp2, writeRunLengthBmp } from '../support/pictureFiles.ts'
import { rgbTiles, writeTiff, type Entry, type Page } from '../support/tiff.ts'
import { tilesOf } from '../support/tiles.ts'
import { trestleSlide } from '../support/trestle.ts'

const folder = temporaryFolder()
const count = isLong ? 2_000 : 40
const mostSeconds = 2
const mostBytes = 500e6

/** Numbers 0 … 1, the same every time (mulberry32). */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Flips bits, writes huge or small numbers and other places' offsets where they hurt, cuts the end off. */
function mutated(source: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(source)
  const place = () => Math.floor(random() * (bytes.length - 8))
  // Directories stand at the start or the end; pixels are most of a file and the least interesting.
  const structural = () => (random() < 0.5 ? place() % 600 : bytes.length - 8 - (place() % 800))
  for (let n = 1 + Math.floor(random() * 6); n > 0; n--) {
    const at = Math.max(0, Math.min(bytes.length - 8, random() < 0.8 ? structural() : place()))
    const how = random()
    if (how < 0.4) bytes[at] ^= 1 << Math.floor(random() * 8)
    else if (how < 0.55) bytes.writeUInt32LE(0xffffffff, at)
    else if (how < 0.75) bytes.writeUInt32LE(Math.floor(random() * 2 * bytes.length), at)
    // Copied from elsewhere: directories and tables that overlap, chains that run in a circle.
    else if (how < 0.9) bytes.copy(bytes, at, structural(), structural() + 12)
    else bytes.writeUInt16LE(Math.floor(random() * 65536), at)
  }
  return random() < 0.1 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes
}

const image = picture(300, 200)
const tiff = (options: object) => () =>
  raw(image)
    .tiff({ tile: true, tileWidth: 64, tileHeight: 64, pyramid: true, ...options })
    .toBuffer()
const small = picture(128, 128)
const entriesOf = (compression: number, photometric: number): Entry[] => [
  ...rgbTiles(128, 128, 64, compression, photometric),
  { tag: 270, type: 2, values: 'Aperio Image Library|AppMag = 20|MPP = 0.5' },
]
const tiles = tilesOf(small, 64).map((data) => ({ width: 64, height: 64, data }))
const jpegTiles = () => Promise.all(tiles.map((tile) => raw(tile).jpeg().toBuffer()))
const wavelets = () => Promise.all(tiles.map(encodeJpeg2000))
const dicomLayout = { width: 128, height: 128, tile: 64, spacing: [0.0005, 0.0005] as const }

const omeXml =
  '<OME><Image Name="a"><Pixels DimensionOrder="XYCZT" SizeX="128" SizeY="128" SizeZ="3" SizeC="3" SizeT="1" PhysicalSizeX="0.25" ' +
  'PhysicalSizeY="0.25"><Channel SamplesPerPixel="3"/><TiffData IFD="0" PlaneCount="3"/></Pixels></Image></OME>'
/** A picture of 128 × 128 px in strips of one row, deflated: one channel of indices, or three planes. */
const stripsOf = (more: readonly Entry[], photometric: number, bits: number): Page => {
  const planes = photometric === 2 ? 3 : 1
  return {
    entries: [
      { tag: 256, type: 4, values: [128] },
      { tag: 257, type: 4, values: [128] },
      { tag: 258, type: 3, values: Array.from({ length: planes }, () => bits) },
      { tag: 259, type: 3, values: [8] },
      { tag: 262, type: 3, values: [photometric] },
      { tag: 277, type: 3, values: [planes] },
      { tag: 278, type: 3, values: [1] },
      ...more,
    ],
    blocks: Array.from({ length: 128 * planes }, (_, i) => deflateSync(Buffer.alloc((128 * bits) / 8, i))),
    isStripped: true,
  }
}

const sources: [string, () => Promise<Buffer>][] = [
  ['JPEG TIFF pyramids', tiff({ compression: 'jpeg' })],
  ['LZW TIFF pyramids', tiff({ compression: 'lzw' })],
  ['BigTIFF pyramids', tiff({ compression: 'deflate', bigtiff: true })],
  ['TIFFs in strips', () => raw(image).tiff({ compression: 'lzw' }).toBuffer()],
  [
    'Aperio slides, big-endian',
    async () => writeTiff([{ entries: entriesOf(7, 6), blocks: await jpegTiles() }], { bigEndian: true }),
  ],
  ['Aperio slides, JPEG 2000', async () => writeTiff([{ entries: entriesOf(33003, 2), blocks: await wavelets() }])],
  [
    'DICOM slides, JPEG',
    async () =>
      writeDicom({
        ...dicomLayout,
        transferSyntax: '1.2.840.10008.1.2.4.50',
        frames: await jpegTiles(),
        offsets: 'basic',
      }),
  ],
  [
    'DICOM slides, sparse',
    async () =>
      writeDicom({
        ...dicomLayout,
        transferSyntax: '1.2.840.10008.1.2.1',
        isNative: true,
        frames: tilesOf(small, 64),
        positions: [0, 1, 2, 3].map((i) => [(i % 2) * 64 + 1, (i >> 1) * 64 + 1]),
      }),
  ],
  ['PNG images', () => raw(image).png().toBuffer()],
  ['JPEG images', () => raw(image).jpeg().toBuffer()],
  ['WebP images', () => raw(image).webp().toBuffer()],
  ['GIF images', () => raw(image).gif().toBuffer()],
  ['AVIF images', () => raw(small).avif({ effort: 0 }).toBuffer()],
  ['BMP images', () => Promise.resolve(writeBmp(image))],
  ['BMP images in runs', () => Promise.resolve(writeRunLengthBmp(300, 200, (x, y) => (x * y) % 7))],
  ['JPEG 2000 files', () => writeJp2(small, 4_000_000)],
  [
    'TIFFs of indexed colours in strips of one row',
    () =>
      Promise.resolve(
        writeTiff([stripsOf([{ tag: 320, type: 3, values: Array.from({ length: 768 }, (_, i) => i * 80) }], 3, 8)]),
      ),
  ],
  [
    'TIFFs of 16 bits in planes',
    () => Promise.resolve(writeTiff([stripsOf([{ tag: 284, type: 3, values: [2] }], 2, 16)])),
  ],
  [
    'OME-TIFFs of focal planes',
    () =>
      Promise.resolve(
        writeTiff(
          [0, 1, 2].map((z) => ({
            entries: [...rgbTiles(128, 128, 64), ...(z === 0 ? [{ tag: 270, type: 2, values: omeXml } as const] : [])],
            blocks: tilesOf(small, 64),
          })),
        ),
      ),
  ],
]
if ((await openSlideLibraries()).length > 0)
  sources.push(['slides that only OpenSlide reads', () => Promise.resolve(trestleSlide(image, 64))])

/** Opens and reads a file here and there; whether it failed, as typed failures do. */
async function tryToRead(path: string): Promise<boolean> {
  try {
    const slide = unwrap(await openSlide(path))
    try {
      const { width, height, levels, associated = [] } = slide.info
      // Before the tiles: what nobody looked at is read in parts.
      await slide.region({ x: width / 2 - 32, y: height / 2 - 32, width: 64, height: 64 }, 64, 64)
      await slide.tile(0, 0, 0)
      await slide.tile(levels.length - 1, 0, 0)
      await slide.region({ x: 0, y: 0, width: Math.min(width, 512), height: Math.min(height, 512) }, 64, 64)
      for (const { name } of associated) await slide.associated(name)
    } finally {
      await slide.close()
    }
    return false
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return true
  }
}

test.each(sources)(
  'damaged %s give pixels or a typed failure, quickly and in bounded memory',
  async (name, make) => {
    const source = await make()
    const random = randomFrom(name.length)
    const began = process.memoryUsage().rss
    let failed = 0
    let slowest = 0
    let largest = 0
    for (let i = 0; i < count; i++) {
      const path = join(folder, 'damaged')
      writeFileSync(path, mutated(source, random))
      const start = performance.now()
      const isFailed = await tryToRead(path).catch((error: unknown) => {
        throw new Error(`case ${i}`, { cause: error })
      })
      if (isFailed) failed++
      slowest = Math.max(slowest, performance.now() - start)
      largest = Math.max(largest, process.memoryUsage().rss - began)
    }
    expect(failed).toBeGreaterThan(count / 20)
    expect(slowest / 1000).toBeLessThan(mostSeconds)
    expect(largest).toBeLessThan(mostBytes)
  },
  3_600_000,
)

describe('a decompression bomb is refused before it fills memory', () => {
  const zeros = Buffer.alloc(4096 * 4096 * 3)
  const giantJpeg = async () => {
    const bytes = await raw(picture(64, 64)).jpeg().toBuffer()
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]))
    bytes.writeUInt16BE(65_500, frame + 5)
    bytes.writeUInt16BE(65_500, frame + 7)
    return bytes
  }
  const giantWavelet = async () => {
    const bytes = await encodeJpeg2000(tiles[0])
    bytes.writeUInt32BE(60_000, 8)
    bytes.writeUInt32BE(60_000, 12)
    return bytes
  }
  const oneTile = (compression: number, block: Buffer, photometric = 2) =>
    writeTiff([{ entries: rgbTiles(64, 64, 64, compression, photometric), blocks: [block] }])
  const bombs: [string, () => Buffer | Promise<Buffer>][] = [
    ['deflate', () => oneTile(8, deflateSync(zeros))],
    ['Zstandard', () => oneTile(50000, zstdCompressSync(zeros))],
    ['JPEG in TIFF', async () => oneTile(7, await giantJpeg(), 6)],
    ['JPEG 2000 in TIFF', async () => oneTile(33005, await giantWavelet())],
    ['WebP in TIFF', async () => oneTile(50001, await raw(picture(4000, 4000)).webp({ effort: 0 }).toBuffer())],
    ['JPEG alone', giantJpeg],
    [
      'JPEG in DICOM',
      async () => writeDicom({ ...dicomLayout, transferSyntax: '1.2.840.10008.1.2.4.50', frames: [await giantJpeg()] }),
    ],
  ]
  test.each(bombs)('%s', async (name, make) => {
    const path = join(folder, `bomb ${name}`)
    writeFileSync(path, await make())
    const before = process.memoryUsage().rss
    const start = performance.now()
    const failure = await failureOf(path, wholeOf)
    expect(failure?.kind ?? 'read').toMatch(name === 'deflate' ? /read|unreadable/ : /unreadable|unsupported/)
    expect(performance.now() - start).toBeLessThan(1000 * mostSeconds)
    expect(process.memoryUsage().rss - before).toBeLessThan(mostBytes)
  })
})

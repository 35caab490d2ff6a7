import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FailureError, unwrap } from '../../electron/contract/index.ts'
import { openSlide } from '../../electron/slides/index.ts'
import { picture, raw, temporaryFolder } from '../support/slides.ts'
import { rgbTiles, writeTiff } from '../support/tiff.ts'

const folder = temporaryFolder()
/** More with KARYON_FUZZ=2000. */
const count = Number(process.env.KARYON_FUZZ ?? 60)
const mostSeconds = 2

/** Numbers 0 … 1, the same every time (mulberry32). */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Flips bits, writes huge or small numbers where they hurt, cuts the end off. */
function mutated(source: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(source)
  const place = () => Math.floor(random() * (bytes.length - 8))
  // Directories stand at the start or the end; pixels are most of a file and the least interesting.
  const structural = () => (random() < 0.5 ? place() % 400 : bytes.length - 8 - (place() % 800))
  for (let n = 1 + Math.floor(random() * 6); n > 0; n--) {
    const at = Math.max(0, random() < 0.8 ? structural() : place())
    const how = random()
    if (how < 0.4) bytes[at] ^= 1 << Math.floor(random() * 8)
    else if (how < 0.6) bytes.writeUInt32LE(0xffffffff, at)
    else if (how < 0.8) bytes.writeUInt32LE(Math.floor(random() * 2 * bytes.length), at)
    else bytes.writeUInt16LE(Math.floor(random() * 65536), at)
  }
  return random() < 0.1 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes
}

const image = picture(300, 200)
const tiff = (options: object) => () =>
  raw(image)
    .tiff({ tile: true, tileWidth: 64, tileHeight: 64, pyramid: true, ...options })
    .toBuffer()
const sources: [string, () => Promise<Buffer>][] = [
  ['JPEG TIFF pyramids', tiff({ compression: 'jpeg' })],
  ['LZW TIFF pyramids', tiff({ compression: 'lzw' })],
  ['BigTIFF pyramids', tiff({ compression: 'deflate', bigtiff: true })],
  ['TIFFs in strips', () => raw(image).tiff({ compression: 'lzw' }).toBuffer()],
  [
    'Aperio slides, big-endian',
    async () => {
      const block = await raw(picture(64, 64)).jpeg().toBuffer()
      const description = { tag: 270, type: 2, values: 'Aperio Image Library|AppMag = 20|MPP = 0.5' } as const
      return writeTiff(
        [{ entries: [...rgbTiles(128, 128, 64, 7, 6), description], blocks: [block, block, block, block] }],
        {
          bigEndian: true,
        },
      )
    },
  ],
  ['PNG images', () => raw(image).png().toBuffer()],
  ['JPEG images', () => raw(image).jpeg().toBuffer()],
]

test.each(sources)(
  'damaged %s give pixels or a typed failure, soon',
  async (name, make) => {
    const source = await make()
    const random = randomFrom(name.length)
    let failed = 0
    let slowest = 0
    for (let i = 0; i < count; i++) {
      const path = join(folder, 'damaged')
      writeFileSync(path, mutated(source, random))
      const began = performance.now()
      try {
        const slide = unwrap(await openSlide(path))
        try {
          const { width, height, levels } = slide.info
          await slide.tile(0, 0, 0)
          await slide.tile(levels.length - 1, 0, 0)
          await slide.region({ x: 0, y: 0, width: Math.min(width, 512), height: Math.min(height, 512) }, 64, 64)
        } finally {
          await slide.close()
        }
      } catch (error) {
        if (!(error instanceof FailureError)) throw new Error(`case ${i}`, { cause: error })
        failed++
      }
      slowest = Math.max(slowest, performance.now() - began)
    }
    expect(failed).toBeGreaterThan(count / 20)
    expect(slowest / 1000).toBeLessThan(mostSeconds)
  },
  600_000,
)

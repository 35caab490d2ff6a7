import { message, type EncodedTile, type RgbImage, type Message } from '../../contract/index.ts'
import { crop, decodeImage, toRgb, white } from '../read/pixels.ts'
import { columns, rows, tileExtent } from '../source/source.ts'
import { arePlainSamples, codecOf, type Extent } from './codecs.ts'
import type { TiffPage } from './page.ts'
import { decodeSampleBlock, decodeStrips } from './samples/pageBlocks.ts'
import { sampleCompressions } from './samples/unpack.ts'
import { stripTiff } from './stripTiff.ts'
import { photometrics } from './tags.ts'

const gridOf = (page: TiffPage) => ({ ...page, tileWidth: page.blockWidth, tileHeight: page.blockHeight })

/** Decodes the block in column x, row y, cut to its extent; white if a sparse file leaves it out. */
export async function decodeBlock(
  page: TiffPage,
  x: number,
  y: number,
  extent: Extent,
  part: Message,
): Promise<RgbImage> {
  if (sampleCompressions.includes(page.compression) && !arePlainSamples(page))
    return decodeSampleBlock(page, x, y, extent, part)
  const grid = gridOf(page)
  const index = y * columns(grid) + x
  const one = async (of: TiffPage, at: number): Promise<RgbImage | null> => {
    const block = await page.block(at, part)
    if (!block) return null
    return crop(await codecOf(of).decode(of, block, extent, part), extent.width, extent.height)
  }
  if (!page.isPlanar) return (await one(page, index)) ?? white(extent.width, extent.height)

  // Each channel is stored as a grey image: all blocks of the first channel, then all of the second, …
  const grey = { ...page, samples: 1, isPlanar: false, photometric: photometrics.blackIsZero }
  const perPlane = columns(grid) * rows(grid)
  const planes = await Promise.all(Array.from({ length: page.samples }, (_, s) => one(grey, s * perPlane + index)))
  const joined = new Uint8Array(extent.width * extent.height * page.samples).fill(255)
  planes.forEach((plane, s) => {
    if (!plane) return
    for (let i = 0; i < extent.width * extent.height; i++) joined[i * page.samples + s] = plane.data[3 * i]
  })
  return toRgb(joined, extent.width, extent.height)
}

/** Decodes strips: those of plain samples by libtiff, in one file. */
async function stripsOf(page: TiffPage, first: number, count: number, part: Message): Promise<RgbImage> {
  if (!arePlainSamples(page)) return decodeStrips(page, first, count, part)
  const strips = (await page.blocks(first, count, part)).filter((strip) => strip !== null)
  if (strips.length < count) return decodeStrips(page, first, count, part)
  const { width, blockHeight } = page
  const height = Math.min(count * blockHeight, page.height - first * blockHeight)
  const file = stripTiff({ ...page, height, rowsPerStrip: blockHeight }, ...strips)
  return decodeImage(file, width * height, part)
}

/** Pixels that are decoded in one go, so that thousands of strips of one row are no thousands of requests. */
const stripPixels = 2 ** 20
const stripsAtOnce = 4

/** Decodes all pixels of a page. */
export async function decodePage(page: TiffPage): Promise<RgbImage> {
  const { width, height, blockWidth, blockHeight } = page
  const data = new Uint8Array(width * height * 3)
  const put = (block: RgbImage, left: number, top: number) => {
    for (let row = 0; row < block.height; row++)
      data.set(
        block.data.subarray(row * block.width * 3, (row + 1) * block.width * 3),
        ((top + row) * width + left) * 3,
      )
  }
  if (!page.isTiled && sampleCompressions.includes(page.compression)) {
    const strips = Math.ceil(height / blockHeight)
    const together = Math.max(1, Math.floor(stripPixels / (width * blockHeight)))
    let next = 0
    const worker = async () => {
      for (let strip = next; strip < strips; strip = next) {
        next += together
        const part = message('partStrip', { strip, file: page.file.name })
        put(await stripsOf(page, strip, Math.min(together, strips - strip), part), 0, strip * blockHeight)
      }
    }
    await Promise.all(Array.from({ length: stripsAtOnce }, worker))
    return { width, height, data }
  }
  const size = { width, height, tileWidth: blockWidth, tileHeight: blockHeight }
  for (let y = 0; y * blockHeight < height; y++)
    for (let x = 0; x * blockWidth < width; x++) {
      const part = page.isTiled
        ? message('partPageTile', { x, y, file: page.file.name })
        : message('partStrip', { strip: y, file: page.file.name })
      put(await decodeBlock(page, x, y, tileExtent(size, x, y), part), x * blockWidth, y * blockHeight)
    }
  return { width, height, data }
}

/** Returns whether browsers can show the page's blocks as stored. */
const canPass = (page: TiffPage): boolean => codecOf(page).passThrough !== undefined && !page.isPlanar

/** Returns the block in column x, row y as a browser shows it; null if it must be decoded. */
export async function passBlock(
  page: TiffPage,
  x: number,
  y: number,
  extent: Extent,
  part: Message,
): Promise<EncodedTile | null> {
  if (!canPass(page)) return null
  const block = await page.block(y * columns(gridOf(page)) + x, part)
  return block && ((await codecOf(page).passThrough?.(page, block, extent, part)) ?? null)
}

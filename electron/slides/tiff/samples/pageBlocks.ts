import { message, type Message, type RgbImage } from '../../../contract/index.ts'
import { damaged } from '../../source/damaged.ts'
import { decodeOnThread, largestOnThread } from '../../threads/decodePool.ts'
import type { TiffPage } from '../page.ts'
import type { SampleBlock, SampleJob } from './layout.ts'
import { layoutOf } from './pageLayout.ts'

/** Decodes blocks of samples on a thread. Throws FailureError 'unreadable', naming `part`, if they are damaged. */
export async function decodeJob(job: SampleJob, part: Message): Promise<RgbImage> {
  const image = await decodeOnThread({ codec: 'samples', job })
  if ('error' in image) throw damaged(part, message('flawDecoding', { reason: image.error }))
  return image
}

const columnsOf = (page: TiffPage) => Math.ceil(page.width / page.blockWidth)
const rowsOf = (page: TiffPage) => Math.ceil(page.height / page.blockHeight)
/** Strips are cut at the end of the image; tiles are padded beyond it. */
const storedRows = (page: TiffPage, row: number) =>
  page.isTiled ? page.blockHeight : Math.min(page.blockHeight, page.height - row * page.blockHeight)

/** Reads blocks that follow each other in file order, each with its channels. */
async function readBlocks(page: TiffPage, first: number, count: number, part: Message): Promise<SampleBlock[]> {
  const perPlane = columnsOf(page) * rowsOf(page)
  const planes: (Buffer | null)[][] = []
  for (let plane = 0; plane < (page.isPlanar ? page.samples : 1); plane++)
    planes.push(await page.blocks(plane * perPlane + first, count, part))
  return Array.from({ length: count }, (_, i) => ({
    rows: storedRows(page, Math.floor((first + i) / columnsOf(page))),
    planes: planes.map((blocks) => blocks[i]),
  }))
}

/** Decodes the block in column x, row y, cut to `width` × `rows` pixels. */
export async function decodeSampleBlock(
  page: TiffPage,
  x: number,
  y: number,
  { width, height: rows }: { readonly width: number; readonly height: number },
  part: Message,
): Promise<RgbImage> {
  const blocks = await readBlocks(page, y * columnsOf(page) + x, 1, part)
  return decodeJob({ layout: await layoutOf(page), blocks, width, rows }, part)
}

/** Decodes `count` strips, the first of which is number `first`. */
export async function decodeStrips(page: TiffPage, first: number, count: number, part: Message): Promise<RgbImage> {
  const blocks = await readBlocks(page, first, count, part)
  return decodeJob({ layout: await layoutOf(page), blocks, width: page.width, rows: page.blockHeight }, part)
}

/** Most pixels, and most blocks, that are looked at for the largest sample. */
const mostLookedAt = { pixels: 2 ** 23, blocks: 4096 }

/** Returns the largest sample of a page: of all blocks, or of blocks spread over a large page. */
export async function largestOfPage(page: TiffPage): Promise<number> {
  const layout = await layoutOf(page)
  const count = columnsOf(page) * rowsOf(page)
  const most = Math.min(mostLookedAt.blocks, mostLookedAt.pixels / (page.blockWidth * page.blockHeight))
  const step = Math.max(1, Math.ceil(count / Math.max(16, most)))
  // Blocks that follow each other are read together.
  const together = step > 1 ? 1 : Math.max(1, Math.floor(2 ** 20 / (page.blockWidth * page.blockHeight)))
  let largest = 0
  for (let first = 0; first < count; first += Math.max(step, together)) {
    const blocks = await readBlocks(page, first, Math.min(together, count - first), message('partPixels'))
    const found = await largestOnThread({ layout, blocks })
    if (typeof found === 'number') largest = Math.max(largest, found)
  }
  return largest
}

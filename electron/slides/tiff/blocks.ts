import { type EncodedTile, type RgbImage, type Message } from '../../contract/index.ts'
import { crop, toRgb, white } from '../read/pixels.ts'
import { columns, rows } from '../source/source.ts'
import { codecOf, type Extent } from './codecs.ts'
import type { TiffPage } from './page.ts'
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

import { FailureError, type RgbImage } from '../../contract/index.ts'
import { crop, white } from '../pixels.ts'
import { columns, tileExtent, type LevelSource } from '../source.ts'
import { canPass, decodeBlock, passBlock, refusal } from './codecs.ts'
import type { TiffPage } from './page.ts'

/** Fails with 'unsupported' where a page is sound but of a kind that is not read. */
export function checkSupported(page: TiffPage): void {
  const why = refusal(page)
  if (why) throw new FailureError('unsupported', `${page.file.name} is a TIFF file that Karyon does not read: ${why}.`)
}

/** A tiled page as a level. */
export function tiledLevel(page: TiffPage, level: number): LevelSource {
  checkSupported(page)
  const size = { width: page.width, height: page.height, tileWidth: page.blockWidth, tileHeight: page.blockHeight }
  const locate = async (x: number, y: number) => {
    const what = `tile ${x}, ${y} of level ${level} of ${page.file.name}`
    return { what, extent: tileExtent(size, x, y), block: await page.block(y * columns(size) + x, what) }
  }
  return {
    ...size,
    async decode(x, y) {
      const { what, extent, block } = await locate(x, y)
      if (!block) return white(extent.width, extent.height)
      return crop(await decodeBlock(page, block, extent, what), extent.width, extent.height)
    },
    async passThrough(x, y) {
      if (!canPass(page)) return null
      const { what, extent, block } = await locate(x, y)
      return block && passBlock(page, block, extent, what)
    },
  }
}

/** All pixels of a page in strips. */
export async function decodeStrips(page: TiffPage): Promise<RgbImage> {
  const { width, height, blockHeight } = page
  const data = new Uint8Array(width * height * 3).fill(255)
  for (let top = 0, i = 0; top < height; top += blockHeight, i++) {
    const what = `strip ${i} of ${page.file.name}`
    const block = await page.block(i, what)
    if (!block) continue
    const extent = { width, height: Math.min(blockHeight, height - top) }
    const strip = crop(await decodeBlock(page, block, extent, what), width, extent.height)
    data.set(strip.data, top * width * 3)
  }
  return { width, height, data }
}

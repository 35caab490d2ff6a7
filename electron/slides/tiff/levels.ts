import { FailureError, type RgbImage } from '../../contract/index.ts'
import { crop, encodeExact, white } from '../pixels.ts'
import { columns, tileExtent, type LevelSource } from '../source.ts'
import { decodeBlock, encodeBlock, refusal } from './codecs.ts'
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
  const read = async <T>(
    x: number,
    y: number,
    use: (block: Buffer, what: string) => Promise<T>,
    blank: () => T | Promise<T>,
  ) => {
    const what = `tile ${x}, ${y} of level ${level} of ${page.file.name}`
    const block = await page.block(y * columns(size) + x, what)
    return block ? use(block, what) : blank()
  }
  const decode = async (x: number, y: number): Promise<RgbImage> => {
    const extent = tileExtent(size, x, y)
    return read(
      x,
      y,
      async (block, what) => crop(await decodeBlock(page, block, extent, what), extent.width, extent.height),
      () => white(extent.width, extent.height),
    )
  }
  return {
    ...size,
    decode,
    encode: (x, y) => {
      const extent = tileExtent(size, x, y)
      return read(
        x,
        y,
        (block, what) => encodeBlock(page, block, extent, what, () => decode(x, y)),
        () => encodeExact(white(extent.width, extent.height)),
      )
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

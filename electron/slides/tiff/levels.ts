import { FailureError, message, type RgbImage } from '../../contract/index.ts'
import { checkImageSize } from '../source/memory.ts'
import { tileExtent, type AssociatedSource, type LevelSource } from '../source/source.ts'
import { decodeBlock, passBlock } from './blocks.ts'
import { whyUnsupported } from './codecs.ts'
import type { TiffPage } from './page.ts'

/** Throws FailureError 'unsupported' if a page is intact but of a kind that is not read. */
export function checkSupported(page: TiffPage): void {
  const why = whyUnsupported(page)
  if (why)
    throw new FailureError('unsupported', message('unsupportedFile', { file: page.file.name, kind: 'TIFF', why }))
}

/** Makes a level of a tiled page. */
export function tiledLevel(page: TiffPage, level: number): LevelSource {
  checkSupported(page)
  const size = { width: page.width, height: page.height, tileWidth: page.blockWidth, tileHeight: page.blockHeight }
  const nameOf = (x: number, y: number) => message('partTile', { x, y, level, file: page.file.name })
  return {
    ...size,
    decode: (x, y) => decodeBlock(page, x, y, tileExtent(size, x, y), nameOf(x, y)),
    passThrough: (x, y) => passBlock(page, x, y, tileExtent(size, x, y), nameOf(x, y)),
  }
}

/** Decodes all pixels of a page, block by block. */
export async function decodePage(page: TiffPage): Promise<RgbImage> {
  const { width, height, blockWidth, blockHeight } = page
  const data = new Uint8Array(width * height * 3)
  const size = { width, height, tileWidth: blockWidth, tileHeight: blockHeight }
  for (let y = 0; y * blockHeight < height; y++)
    for (let x = 0; x * blockWidth < width; x++) {
      const part = page.isTiled
        ? message('partPageTile', { x, y, file: page.file.name })
        : message('partStrip', { strip: y, file: page.file.name })
      const block = await decodeBlock(page, x, y, tileExtent(size, x, y), part)
      for (let row = 0; row < block.height; row++)
        data.set(
          block.data.subarray(row * block.width * 3, (row + 1) * block.width * 3),
          ((y * blockHeight + row) * width + x * blockWidth) * 3,
        )
    }
  return { width, height, data }
}

/** Makes an associated image of a page; null if the page is of a kind that is not read. */
export function associatedPage(page: TiffPage, name: string): AssociatedSource | null {
  if (whyUnsupported(page)) return null
  const { width, height } = page
  return {
    name,
    width,
    height,
    decode: async () => {
      checkImageSize(page.file.name, width, height)
      return decodePage(page)
    },
  }
}

import { FailureError, message } from '../../contract/index.ts'
import { croppedLevel, upright, uprightSize, withSmallTiles } from '../source/levelShape.ts'
import { checkImageSize } from '../source/memory.ts'
import { tileExtent, type AssociatedSource, type LevelSource } from '../source/source.ts'
import { decodeBlock, decodePage, passBlock } from './blocks.ts'
import { whyUnsupported } from './codecs.ts'
import type { TiffPage } from './page.ts'
import type { TiffLevel } from './pages.ts'

/** Throws FailureError 'unsupported' if a page is intact but of a kind that is not read. */
export function checkSupported(page: TiffPage): void {
  const why = whyUnsupported(page)
  if (why)
    throw new FailureError('unsupported', message('unsupportedFile', { file: page.file.name, kind: 'TIFF', why }))
}

/** Makes a level of a tiled page: of the part of it that shows the slide. */
export function tiledLevel({ page, factor, width, height }: TiffLevel, level: number): LevelSource {
  checkSupported(page)
  const size = { width: page.width, height: page.height, tileWidth: page.blockWidth, tileHeight: page.blockHeight }
  const nameOf = (x: number, y: number) => message('partTile', { x, y, level, file: page.file.name })
  const stored: LevelSource = {
    ...size,
    downsample: factor,
    decode: (x, y) => decodeBlock(page, x, y, tileExtent(size, x, y), nameOf(x, y)),
    passThrough: (x, y) => passBlock(page, x, y, tileExtent(size, x, y), nameOf(x, y)),
  }
  return withSmallTiles(croppedLevel(stored, width, height))
}

/** Makes an associated image of a page; null if the page is of a kind that is not read. */
export function associatedPage(page: TiffPage, name: string): AssociatedSource | null {
  if (whyUnsupported(page)) return null
  const [width, height] = uprightSize(page.width, page.height, page.orientation)
  return {
    name,
    width,
    height,
    decode: async () => {
      checkImageSize(page.file.name, width, height)
      return upright(await decodePage(page), page.orientation)
    },
  }
}

import type { SlideFile } from './file.ts'
import type { SlideFormat } from './format.ts'
import { checkImageSize, memoryLevel } from './memory.ts'
import type { LevelSource } from './source.ts'
import { isTiff } from './tiff/directory.ts'
import { checkSupported, decodeStrips, tiledLevel } from './tiff/levels.ts'
import type { TiffPage } from './tiff/page.ts'
import { pyramidOf, tiffPages } from './tiff/pages.ts'
import { omeMpp, tagMpp } from './tiff/scale.ts'

function levelsOf(file: SlideFile, pages: readonly TiffPage[]): LevelSource[] {
  const [base] = pages
  if (base.isTiled) return pages.map(tiledLevel)
  checkImageSize(file.name, base.width, base.height)
  return [memoryLevel(base.width, base.height, () => decodeStrips(base))]
}

/** TIFF and BigTIFF that no scanner's format claims: pyramids of pages or sub-directories, OME-TIFF, single images. */
export const plainTiff: SlideFormat = {
  name: 'TIFF',
  extensions: ['.tif', '.tiff', '.btf', '.tf2', '.tf8'],
  detect: (file) => isTiff(file.head),
  async open(file) {
    const pages = await pyramidOf(await tiffPages(file))
    pages.forEach(checkSupported)
    const [base] = pages
    const isOme = base.description.includes('<OME ')
    return {
      format: isOme ? 'OME-TIFF' : base.isTiled ? 'Tiled TIFF' : 'TIFF image',
      reader: 'Karyon TIFF',
      mpp: (isOme ? omeMpp(base.description) : null) ?? (await tagMpp(base)),
      levels: levelsOf(file, pages),
      close: () => file.close(),
    }
  },
}

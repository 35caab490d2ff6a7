import { message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { SlideFormat } from './format.ts'
import { checkImageSize, memoryLevel } from '../source/memory.ts'
import type { LevelSource } from '../source/source.ts'
import { isTiff } from '../tiff/directory.ts'
import { checkSupported, decodePage, tiledLevel } from '../tiff/levels.ts'
import type { TiffPage } from '../tiff/page.ts'
import { pyramidOf, tiffPages } from '../tiff/pages.ts'
import { tagMpp } from '../tiff/scale.ts'
import { tiffVendors } from '../tiff/vendors/table.ts'
import type { TiffVendor } from '../tiff/vendors/vendor.ts'

function levelsOf(file: SlideFile, pages: readonly TiffPage[]): LevelSource[] {
  const [base] = pages
  if (base.isTiled) return pages.map(tiledLevel)
  checkImageSize(file.name, base.width, base.height)
  return [memoryLevel(base.width, base.height, () => decodePage(base))]
}

const tiffFormat = (vendor: TiffVendor): SlideFormat => ({
  name: vendor.name,
  extensions: vendor.extensions,
  decline: async (file) =>
    isTiff(file.head) ? vendor.decline(await tiffPages(file)) : message('declinedBytes', { format: 'TIFF file' }),
  async open(file) {
    const pages = await tiffPages(file)
    const { levels, associated, notices } = await (vendor.pyramid ?? pyramidOf)(pages)
    const own = levels.map((page) => ({ ...page, jpeg2000: vendor.jpeg2000 }))
    own.forEach(checkSupported)
    const [base] = own
    vendor.check?.(base)
    return {
      format: vendor.formatOf?.(base) ?? vendor.name,
      reader: 'Karyon TIFF',
      mpp: vendor.mpp?.(base) ?? (await tagMpp(base)),
      levels: levelsOf(file, own),
      notices,
      ...(vendor.pictures && { associated: vendor.pictures(associated) }),
      profile: await base.iccProfile(),
      close: () => file.close(),
    }
  },
})

/** TIFF as each vendor writes it, and last as everybody does. */
export const tiffFormats: readonly SlideFormat[] = tiffVendors.map(tiffFormat)

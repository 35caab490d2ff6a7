import { FailureError } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { SlideFormat } from './format.ts'
import { checkImageSize, memoryLevel } from '../source/memory.ts'
import type { LevelSource } from '../source/source.ts'
import { isTiff } from '../tiff/directory.ts'
import { checkSupported, decodePage, tiledLevel } from '../tiff/levels.ts'
import type { TiffPage } from '../tiff/page.ts'
import { pyramidOf, tiffPages } from '../tiff/pages.ts'
import { omeChannels, omeMpp, tagMpp } from '../tiff/scale.ts'
import { foreignVendor } from '../tiff/vendor.ts'

function levelsOf(file: SlideFile, pages: readonly TiffPage[]): LevelSource[] {
  const [base] = pages
  if (base.isTiled) return pages.map(tiledLevel)
  checkImageSize(file.name, base.width, base.height)
  return [memoryLevel(base.width, base.height, () => decodePage(base))]
}

/** TIFF and BigTIFF without a scanner's own format: pyramids of pages or sub-directories, OME-TIFF, single images. */
export const plainTiff: SlideFormat = {
  name: 'TIFF',
  extensions: ['.tif', '.tiff', '.btf', '.tf2', '.tf8'],
  async decline(file) {
    if (!isTiff(file.head)) return 'its first bytes are not those of a TIFF file'
    const vendor = await foreignVendor((await tiffPages(file)).pages[0])
    return vendor && `it is ${vendor}`
  },
  async open(file) {
    const { levels, notices } = await pyramidOf(await tiffPages(file))
    levels.forEach(checkSupported)
    const [base] = levels
    const isOme = base.writer === 'ome'
    if (isOme && base.samples === 1 && omeChannels(base.description) > 1)
      throw new FailureError(
        'unsupported',
        `${file.name} is an OME-TIFF that Karyon does not read: its channels are separate images (fluorescence), not the ` +
          `colours of a stained section.`,
      )
    return {
      format: isOme ? 'OME-TIFF' : base.isTiled ? 'Tiled TIFF' : 'TIFF image',
      reader: 'Karyon TIFF',
      mpp: (isOme ? omeMpp(base.description) : null) ?? (await tagMpp(base)),
      levels: levelsOf(file, levels),
      notices,
      profile: await base.iccProfile(),
      close: () => file.close(),
    }
  },
}

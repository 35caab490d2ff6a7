import type { SlideFormat } from './format.ts'
import type { AssociatedSource } from '../source/source.ts'
import { isTiff } from '../tiff/directory.ts'
import { associatedPage, checkSupported, tiledLevel } from '../tiff/levels.ts'
import type { TiffPage } from '../tiff/page.ts'
import { pyramidOf, tiffPages } from '../tiff/pages.ts'
import { aperioMpp, tagMpp } from '../tiff/scale.ts'

/**
 * Returns the pages stored in strips: they are associated images. The second line of their description starts with
 * their name.
 */
function associatedPictures(pages: readonly TiffPage[]): AssociatedSource[] {
  const pictures: AssociatedSource[] = []
  for (const page of pages.filter((one) => !one.isTiled)) {
    const name = /^[^\n]*\n\s*(label|macro)\b/.exec(page.description)?.[1] ?? 'thumbnail'
    const picture = pictures.some((one) => one.name === name) ? null : associatedPage(page, name)
    if (picture) pictures.push(picture)
  }
  return pictures
}

/**
 * Aperio SVS. Tiled pages are levels; the others are thumbnail, label and macro image. The first description states
 * µm/px.
 */
export const aperio: SlideFormat = {
  name: 'Aperio SVS',
  extensions: ['.svs'],
  decline: async (file) => {
    if (!isTiff(file.head)) return 'its first bytes are not those of a TIFF file'
    const { pages } = await tiffPages(file)
    return pages[0].isTiled && pages[0].writer === 'aperio' ? null : 'its description does not begin with "Aperio"'
  },
  async open(file) {
    const { levels, others, notices } = await pyramidOf(await tiffPages(file))
    levels.forEach(checkSupported)
    return {
      format: aperio.name,
      reader: 'Karyon TIFF',
      mpp: aperioMpp(levels[0].description) ?? (await tagMpp(levels[0])),
      levels: levels.map(tiledLevel),
      notices,
      associated: associatedPictures(others),
      profile: await levels[0].iccProfile(),
      close: () => file.close(),
    }
  },
}

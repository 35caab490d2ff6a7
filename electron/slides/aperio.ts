import type { SlideFormat } from './format.ts'
import { isTiff } from './tiff/directory.ts'
import { checkSupported, tiledLevel } from './tiff/levels.ts'
import { pyramidOf, tiffPages } from './tiff/pages.ts'
import { aperioMpp, tagMpp } from './tiff/scale.ts'

/** Aperio SVS: tiled pages are levels, the others thumbnail, label and macro; µm/px in the first description. */
export const aperio: SlideFormat = {
  name: 'Aperio SVS',
  extensions: ['.svs'],
  detect: async (file) => {
    if (!isTiff(file.head)) return false
    const { pages } = await tiffPages(file)
    return pages[0].isTiled && pages[0].description.startsWith('Aperio')
  },
  async open(file) {
    const levels = await pyramidOf(await tiffPages(file))
    levels.forEach(checkSupported)
    return {
      format: aperio.name,
      reader: 'Karyon TIFF',
      mpp: aperioMpp(levels[0].description) ?? (await tagMpp(levels[0])),
      levels: levels.map(tiledLevel),
      close: () => file.close(),
    }
  },
}

import { message } from '../../../contract/index.ts'
import type { AssociatedSource } from '../../source/source.ts'
import { statedMpp } from '../../source/mpp.ts'
import { associatedPage } from '../levels.ts'
import type { TiffPage } from '../page.ts'
import { compressions } from '../tags.ts'
import type { TiffVendor } from './vendor.ts'

/** Pages in strips are pictures beside the slide: the second line of their description begins with their name. */
function associatedPictures(pages: readonly TiffPage[]): AssociatedSource[] {
  const pictures: AssociatedSource[] = []
  for (const page of pages.filter((one) => !one.isTiled)) {
    const name = /^[^\n]*\n\s*(label|macro)\b/.exec(page.description)?.[1] ?? 'thumbnail'
    const picture = pictures.some((one) => one.name === name) ? null : associatedPage(page, name)
    if (picture) pictures.push(picture)
  }
  return pictures
}

/** Aperio SVS: tiled pages are levels, the others thumbnail, label and macro; µm/px in the first description. */
export const aperio: TiffVendor = {
  name: 'Aperio SVS',
  extensions: ['.svs'],
  decline: ({ pages: [first] }) =>
    first.isTiled && first.description.startsWith('Aperio') ? null : message('declinedAperio'),
  /** `…|AppMag = 20|MPP = 0.4990|…`. AppMag alone is no scale. */
  mpp({ description }) {
    const mpp = Number(/\|\s*MPP\s*=\s*([^|]*)/.exec(description)?.[1]?.trim().replace(',', '.') || NaN)
    return statedMpp(mpp, mpp, 'Aperio header (MPP)')
  },
  pictures: associatedPictures,
  jpeg2000: { [compressions.aperioJpeg2000YCbCr]: 'YCbCr' },
}

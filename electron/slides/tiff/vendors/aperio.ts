import { message } from '../../../contract/index.ts'
import { statedMpp } from '../../source/mpp.ts'
import type { TiffPage } from '../page.ts'
import { imagesOf, middlePlane, type NamedPage, type TiffContents, type TiffImage, type TiffPages } from '../pages.ts'
import { hasShapeOf } from '../pictures.ts'
import { compressions } from '../tags.ts'
import type { TiffVendor } from './vendor.ts'

/**
 * Names the pages in strips. The second line of their description begins with what they are; GT 450 writes none, and
 * NewSubfileType says 1 for the label, 9 for the macro. The thumbnail's says "46000x32914 -> 1024x732", or it has the shape of the slide. What remains may be a
 * label as well as anything, and is given a number.
 */
function picturesOf(base: TiffPage, pages: readonly TiffPage[]): NamedPage[] {
  const bySubfile: Readonly<Record<number, string>> = { 1: 'label', 9: 'macro' }
  let unknown = 0
  return pages.map((page) => ({
    page,
    name:
      /^[^\n]*\n\s*(label|macro)\b/.exec(page.description)?.[1] ??
      bySubfile[page.subfileType] ??
      (hasShapeOf(base, page) || isShrunkSlide.test(page.description) ? 'thumbnail' : `picture ${++unknown}`),
  }))
}

const isShrunkSlide = /\d+x\d+ -> *\d+x\d+/

/** Distance of a focal plane from the one that the scanner focused on: `…|OffsetZ = -1.5|…`; NaN if not stated. */
const offsetOf = ({ levels: [{ page }] }: TiffImage) =>
  Number(/\|\s*OffsetZ\s*=\s*([-+.\d]+)/.exec(page.description)?.[1] ?? NaN)

/** Returns one image for each size: of several focal planes, the one in focus, else the middle one. */
function withoutPlanes(images: readonly TiffImage[]): TiffImage[] {
  const stacks = new Map<string, TiffImage[]>()
  for (const image of images) {
    const key = `${image.levels[0].width} × ${image.levels[0].height}`
    stacks.set(key, [...(stacks.get(key) ?? []), image])
  }
  return [...stacks.values()].map((planes) => {
    if (planes.length === 1) return planes[0]
    const offsets = planes.map(offsetOf)
    const focused = offsets.findIndex((offset) => Math.abs(offset) < 1e-6)
    const chosen = planes[focused < 0 ? middlePlane(planes.length) : focused]
    const notice = message(focused < 0 ? 'middlePlane' : 'focusedPlane', { planes: planes.length })
    return { ...chosen, notices: [...chosen.notices, notice] }
  })
}

async function contentsOf(file: TiffPages): Promise<TiffContents> {
  const { images, notices } = await imagesOf(
    file,
    file.pages.filter((page) => page.isTiled),
  )
  return {
    images: withoutPlanes(images),
    pictures: picturesOf(
      file.pages[0],
      file.pages.filter((page) => !page.isTiled),
    ),
    notices: [...file.notices, ...notices],
  }
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
  contents: contentsOf,
  jpeg2000: { [compressions.aperioJpeg2000YCbCr]: 'YCbCr' },
}

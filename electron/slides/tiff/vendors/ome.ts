import { message, type Mpp } from '../../../contract/index.ts'
import { micrometresOf } from '../../source/lengthUnits.ts'
import { statedMpp } from '../../source/mpp.ts'
import type { TiffPage } from '../page.ts'
import { imagesOf, middlePlane, type NamedPage, type TiffContents, type TiffImage, type TiffPages } from '../pages.ts'
import { pictureIn } from '../pictures.ts'
import { compressions } from '../tags.ts'
import { foreignVendor } from './foreign.ts'
import { genericContents } from './generic.ts'
import { isOmeXml, omeImages, type OmeImage } from './omeXml.ts'
import type { TiffVendor } from './vendor.ts'

/** µm/px of an image, null where it states none, or none in a unit of length. */
function mppOf({ physicalSize: { x, y, xUnit, yUnit } }: OmeImage): Mpp | null {
  const [perX, perY] = [micrometresOf(xUnit), micrometresOf(yUnit)]
  if (perX === null || perY === null) return null
  const sizes = [x * perX, y * perY]
  return statedMpp(sizes[0] || sizes[1], sizes[1] || sizes[0], 'OME-XML (PhysicalSize)')
}

/**
 * Returns the page of each image's shown plane: of the middle focal plane, the first channel and the first time.
 * Images whose planes are in other files are left out.
 */
function planePages({ tiff, pages }: TiffPages, images: readonly OmeImage[]): (TiffPage | null)[] {
  const files = new Set(images.flatMap(({ places }) => places.map(({ fileName }) => fileName)))
  const isHere = (fileName: string) => files.size < 2 || fileName === '' || fileName === tiff.file.name
  let next = 0
  return images.map((image) => {
    const plane = image.planeAt(middlePlane(image.sizeZ))
    let ifd = next + plane
    for (const place of image.places) {
      if (!isHere(place.fileName)) continue
      const first = place.ifd < 0 ? next : place.ifd
      if (plane >= place.plane && plane < place.plane + place.count) ifd = first + plane - place.plane
      next = Math.max(next, first + place.count)
    }
    if (image.places.length === 0) next += image.planes
    return pages.at(ifd) ?? (images.length === 1 ? pages[0] : null)
  })
}

async function contentsOf(file: TiffPages): Promise<TiffContents> {
  const stated = omeImages(file.pages[0].description, file.pages[0].samples)
  const shown = planePages(file, stated)
  const all = stated.map((image, i) => ({ image, page: shown[i], picture: pictureIn(image.name) }))
  const known = all.filter(({ page }) => page)
  if (known.length === 0) return genericContents(file)
  const named = known.filter(({ picture }) => !picture)
  // Of a file that holds nothing else, even an image called "overview" is the slide.
  const scans = named.length > 0 ? named : known
  const imageOf = new Map(scans.map(({ image, page }) => [page, image]))
  const { images, notices } = await imagesOf(
    file,
    scans.flatMap(({ page }) => page ?? []),
    (page) => imageOf.get(page)?.name ?? '',
  )
  return {
    images: images.map((image) => described(image, imageOf.get(image.levels[0].page))),
    pictures: known.flatMap(({ image, page, picture }): NamedPage[] =>
      page && picture && imageOf.get(page) !== image ? [{ page, name: picture }] : [],
    ),
    notices: [...file.notices, ...notices],
  }
}

function described(image: TiffImage, ome: OmeImage | undefined): TiffImage {
  if (!ome) return image
  const { sizeZ, sizeC, sizeT } = ome
  return {
    ...image,
    mpp: mppOf(ome),
    significantBits: ome.significantBits ?? undefined,
    notices: [
      ...image.notices,
      ...(sizeZ > 1 ? [message('middlePlane', { planes: sizeZ })] : []),
      ...(sizeT > 1 ? [message('firstTime', { times: sizeT })] : []),
    ],
    ...(image.levels[0].page.samples === 1 && sizeC > 1 && { unsupported: message('separateChannels') }),
  }
}

/** OME-TIFF, which Bio-Formats, QuPath and vips write: the lower levels are sub-directories, µm/px is in the OME-XML. */
export const ome: TiffVendor = {
  name: 'OME-TIFF',
  extensions: [], // those of every TIFF
  async decline({ pages }) {
    const vendor = await foreignVendor(pages[0])
    if (vendor) return message('declinedVendor', { vendor })
    return isOmeXml(pages[0].description) ? null : message('declinedOme')
  },
  contents: contentsOf,
  // Bio-Formats writes RGB by this number, libvips YCbCr.
  jpeg2000: { [compressions.jpeg2000Lossy]: 'RGB' },
}

import { message } from '../../../contract/index.ts'
import { readPage, type TiffPage } from '../page.ts'
import { imagesOf, middlePlane, type TiffContents, type TiffPages } from '../pages.ts'
import { imageJMpp } from '../scale.ts'
import { compressions } from '../tags.ts'
import { foreignVendor } from './foreign.ts'
import type { TiffVendor } from './vendor.ts'

/** Numbers of the description: images=, channels=, slices=, frames=. */
const count = (page: TiffPage, key: string): number =>
  Number(new RegExp(`^${key}=(\\d+)\\s*$`, 'm').exec(page.description)?.[1] ?? 1)

/** Returns picture `index`. ImageJ may state only the first of a stack; the others follow it, uncompressed. */
async function pictureAt({ tiff, pages }: TiffPages, index: number): Promise<TiffPage | null> {
  const [first] = pages
  if (pages.length > 1) return pages.at(index) ?? null
  if (first.compression !== compressions.none) return null
  return readPage(tiff, first.directory, (index * first.width * first.height * first.samples * first.bits) / 8)
}

/** Channels come first, then focal planes, then time points. Of planes the middle one is shown, of time points the first. */
async function contentsOf(file: TiffPages): Promise<TiffContents> {
  const [first] = file.pages
  const [channels, slices, frames] = ['channels', 'slices', 'frames'].map((key) => count(first, key))
  const isStack = slices > 1 || frames > 1
  const planeAt = middlePlane(slices)
  const plane = isStack ? await pictureAt(file, planeAt * (first.samples === 1 ? channels : 1)) : first
  const { images, notices } = await imagesOf(file, isStack ? [plane ?? first] : file.pages)
  const said = [
    ...(slices > 1 ? [message(plane ? 'middlePlane' : 'firstPlane', { planes: slices })] : []),
    ...(frames > 1 ? [message('firstTime', { times: frames })] : []),
  ]
  const mpp = await imageJMpp(first)
  return {
    images: images.map((image) => ({
      ...image,
      mpp,
      notices: [...image.notices, ...said],
      ...(channels > 1 && first.samples === 1 && { unsupported: message('separateChannels') }),
    })),
    pictures: [],
    notices: [...file.notices, ...notices],
  }
}

/** TIFF of ImageJ and Fiji: unit of length, channels, focal planes and time points are in the description. */
export const imageJ: TiffVendor = {
  name: 'ImageJ TIFF',
  extensions: [], // those of every TIFF
  async decline({ pages }) {
    const vendor = await foreignVendor(pages[0])
    if (vendor) return message('declinedVendor', { vendor })
    return pages[0].description.startsWith('ImageJ=') ? null : message('declinedImageJ')
  },
  formatOf: (base) => (base.isTiled ? 'Tiled TIFF' : 'TIFF image'),
  contents: contentsOf,
}

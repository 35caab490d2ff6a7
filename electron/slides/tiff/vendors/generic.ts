import { message } from '../../../contract/index.ts'
import type { TiffPage } from '../page.ts'
import { imagesOf, largestImage, type NamedPage, type TiffContents, type TiffImage, type TiffPages } from '../pages.ts'
import { hasShapeOf, pictureIn } from '../pictures.ts'
import { foreignVendor } from './foreign.ts'
import { isOmeXml } from './omeXml.ts'
import type { TiffVendor } from './vendor.ts'

/**
 * Returns what a file of no particular vendor holds. A page whose description calls it a label, macro or thumbnail, and a
 * reduced page that is no level, are pictures beside the slide; all others are images.
 */
export async function genericContents(file: TiffPages): Promise<TiffContents> {
  const named = file.pages.filter((page) => pictureOf(page) !== null)
  const candidates = named.length < file.pages.length ? file.pages.filter((page) => !named.includes(page)) : file.pages
  const { images, others, notices } = await imagesOf(file, candidates)
  const [{ page: base }] = images[largestImage(images)].levels
  let unknown = 0
  const pictures = [...(candidates === file.pages ? [] : named), ...others.filter((page) => !page.isTiled)].map(
    (page): NamedPage => ({
      page,
      name: pictureOf(page) ?? (hasShapeOf(base, page) ? 'thumbnail' : `picture ${++unknown}`),
    }),
  )
  // A picture in strips beside tiles, of the shape of the slide, is its thumbnail.
  const thumbnail = base.isTiled
    ? images.findIndex(
        ({ levels: [{ page }] }) => !page.isTiled && hasShapeOf(base, page) && 2 * page.width <= base.width,
      )
    : -1
  if (thumbnail >= 0) pictures.push({ page: images[thumbnail].levels[0].page, name: 'thumbnail' })
  const unsupported = areChannels(file) ? message('separateChannels') : undefined
  return {
    images: images.filter((_, i) => i !== thumbnail).map((image): TiffImage => ({ ...image, unsupported })),
    pictures,
    notices: [...file.notices, ...notices],
  }
}

/** A picture's description is a few words; that of a slide may say "label" among hundreds of others. */
const maxNameLength = 200
const pictureOf = ({ description, subfileType }: TiffPage) =>
  subfileType === 9 ? 'macro' : description.length <= maxNameLength ? pictureIn(description) : null

/** Returns whether the pages are the channels of one picture, each saved as a grey page (tifffile states the shape). */
function areChannels({ pages }: TiffPages): boolean {
  const shape = /^\{"shape": \[(\d+), \d+, \d+\]/.exec(pages[0].description)?.[1]
  return (
    pages.length > 1 && pages.length <= 4 && Number(shape) === pages.length && pages.every((page) => page.samples === 1)
  )
}

/** TIFF and BigTIFF that no vendor claims: pyramids of pages or sub-directories, and single images. */
export const generic: TiffVendor = {
  name: 'TIFF',
  extensions: ['.tif', '.tiff', '.btf', '.tf2', '.tf8'],
  async decline({ pages: [first] }) {
    const vendor = await foreignVendor(first)
    if (vendor !== null) return message('declinedVendor', { vendor })
    // What its own reader refuses must not open with less understanding: a channel of fluorescence as a grey slide.
    const claimed = isOmeXml(first.description)
      ? 'OME-TIFF'
      : first.description.startsWith('ImageJ=')
        ? 'ImageJ TIFF'
        : null
    return claimed && message('declinedClaimed', { vendor: claimed })
  },
  formatOf: (base) => (base.isTiled ? 'Tiled TIFF' : 'TIFF image'),
}

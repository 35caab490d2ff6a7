import { FailureError, message, type Message, type Mpp } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { SlideFormat } from './format.ts'
import { upright, uprightLevel, uprightSize } from '../source/levelShape.ts'
import { checkImageSize, memoryLevel } from '../source/memory.ts'
import type { LevelSource, SlideSource } from '../source/source.ts'
import { decodePage } from '../tiff/blocks.ts'
import { whyUnsupported } from '../tiff/codecs.ts'
import { isTiff } from '../tiff/directory.ts'
import { checkSupported, tiledLevel } from '../tiff/levels.ts'
import { largestImage, tiffPages, type TiffContents, type TiffImage, type TiffLevel } from '../tiff/pages.ts'
import { associatedPictures } from '../tiff/pictures.ts'
import { sampleRange } from '../tiff/sampleRange.ts'
import { descriptionMpp, tagMpp } from '../tiff/scale.ts'
import { photometrics } from '../tiff/tags.ts'
import { genericContents } from '../tiff/vendors/generic.ts'
import { tiffVendors } from '../tiff/vendors/table.ts'
import type { TiffVendor } from '../tiff/vendors/vendor.ts'

function levelsOf(file: SlideFile, levels: readonly TiffLevel[]): LevelSource[] {
  const [{ page: base }] = levels
  const { orientation } = base
  if (base.isTiled) return levels.map(tiledLevel).map((level) => uprightLevel(level, orientation))
  checkImageSize(file.name, base.width, base.height)
  const [width, height] = uprightSize(base.width, base.height, orientation)
  return [memoryLevel(width, height, async () => upright(await decodePage(base), orientation))]
}

/** Returns the number, from 0, of the image to open: the one that was asked for, else the largest. */
function chosenImage({ file, images }: { file: SlideFile; images: readonly TiffImage[] }): number {
  if (file.image === undefined) return largestImage(images)
  if (file.image > images.length)
    throw new FailureError(
      'invalid-input',
      message('imageNumber', { file: file.name, image: file.image, images: images.length }),
    )
  return file.image - 1
}

const sizeOf = ({ levels: [{ width, height }] }: TiffImage) => ({ width, height })

/** Says which image of several is shown, and which others there are. */
function otherImages(file: SlideFile, { images }: TiffContents, shown: number): Message[] {
  if (images.length < 2) return []
  const others = images.flatMap((image, i) =>
    i === shown
      ? []
      : [`${i + 1}${image.name && ` "${image.name}"`} (${sizeOf(image).width} × ${sizeOf(image).height})`],
  )
  return [message('otherImages', { file: file.name, shown: shown + 1, others })]
}

/** Says what was done to the colours or the place of the pixels. */
function conversions({ photometric, orientation }: TiffLevel['page']): Message[] {
  const { cmyk, cieLab, iccLab } = photometrics
  const kind = photometric === cmyk ? 'CMYK' : photometric === cieLab || photometric === iccLab ? 'Lab' : null
  return [
    ...(kind ? [message('coloursConverted', { kind })] : []),
    ...(orientation > 1 && orientation <= 8 ? [message('turnedUpright', { orientation })] : []),
  ]
}

async function openTiff(file: SlideFile, vendor: TiffVendor): Promise<SlideSource> {
  const pages = await tiffPages(file)
  const contents = await (vendor.contents ?? genericContents)(pages)
  const { images, pictures } = contents
  const shown = chosenImage({ file, images })
  const image = images[shown]
  const unsupported = image.unsupported
  if (unsupported)
    throw new FailureError(
      'unsupported',
      message('unsupportedFile', { file: file.name, kind: 'TIFF', why: unsupported }),
    )
  checkSupported(image.levels[0].page)
  // Karyon makes its own in place of a smaller copy that it cannot read.
  const readable = image.levels.filter(({ page }) => whyUnsupported(page) === null)
  const range = await sampleRange(
    readable.map(({ page }) => page),
    image.significantBits,
  )
  const own = readable.map((level) => ({
    ...level,
    page: { ...level.page, jpeg2000: vendor.jpeg2000, ...(range && { white: range.white }) },
  }))
  const [{ page: base }] = own
  const mpp = image.mpp ?? vendor.mpp?.(base) ?? descriptionMpp(base) ?? (await tagMpp(base))
  const isColourProfile = ![photometrics.cmyk, photometrics.cieLab, photometrics.iccLab].some(
    (one) => one === base.photometric,
  )
  return {
    format: vendor.formatOf?.(base) ?? vendor.name,
    reader: 'Karyon TIFF',
    mpp: mpp && base.orientation >= 5 && base.orientation <= 8 ? turned(mpp) : mpp,
    levels: levelsOf(file, own),
    images: images.map((one) => ({ name: one.name, ...sizeOf(one) })),
    image: shown + 1,
    notices: [
      ...contents.notices,
      ...otherImages(file, contents, shown),
      ...image.notices,
      ...(range?.notice ? [range.notice] : []),
      ...conversions(base),
    ],
    associated: associatedPictures(pictures),
    // A profile of inks does not describe the RGB that they were converted to.
    profile: isColourProfile ? await base.iccProfile() : null,
    close: () => file.close(),
  }
}

const turned = ({ x, y, source }: Mpp): Mpp => ({ x: y, y: x, source })

const tiffFormat = (vendor: TiffVendor): SlideFormat => ({
  name: vendor.name,
  extensions: vendor.extensions,
  decline: async (file) =>
    isTiff(file.head) ? vendor.decline(await tiffPages(file)) : message('declinedBytes', { format: 'TIFF file' }),
  open: (file) => openTiff(file, vendor),
})

/** TIFF as each vendor writes it, and last as everybody does. */
export const tiffFormats: readonly SlideFormat[] = tiffVendors.map(tiffFormat)

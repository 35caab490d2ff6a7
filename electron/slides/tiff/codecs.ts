import { type EncodedTile, type RgbImage } from '../../contract/index.ts'
import { damaged } from '../damaged.ts'
import { decodeJpeg2000 } from '../jpeg2000/pool.ts'
import { decodeImage, toRgb } from '../pixels.ts'
import { standaloneJpeg } from './jpeg.ts'
import { codestreamSize } from './jpeg2000.ts'
import type { TiffPage } from './page.ts'
import { singleBlockTiff } from './singleBlock.ts'
import { compressions, photometrics } from './tags.ts'

/** Size of the part of a block that lies within the image. */
interface Extent {
  readonly width: number
  readonly height: number
}

/** How the blocks of a page become pixels. `what` names the block in sentences. */
interface Codec {
  /** Photometric interpretations it understands. */
  readonly photometrics: readonly number[]
  /** At least the extent's pixels. */
  decode(page: TiffPage, block: Buffer, extent: Extent, what: string): Promise<RgbImage>
  /** The block as a browser shows it without decoding; absent where browsers do not know the codec. */
  passThrough?(page: TiffPage, block: Buffer, extent: Extent, what: string): Promise<EncodedTile>
}

const { rgb, yCbCr, blackIsZero } = photometrics
const blockPixels = (page: TiffPage) => page.blockWidth * page.blockHeight

/** Decoders believe what the block says of its size: more is an attack on memory, less leaves pixels undefined. */
function checkBlockSize(width: number, height: number, page: TiffPage, extent: Extent, what: string): void {
  if (width > page.blockWidth || height > page.blockHeight || width < extent.width || height < extent.height)
    throw damaged(
      what,
      `is damaged: an image of ${width} × ${height} px stands where ${page.blockWidth} × ${page.blockHeight} belong`,
    )
}

const jpegStream = async (page: TiffPage, block: Buffer, extent: Extent, what: string) =>
  standaloneJpeg(
    block,
    await page.jpegTables(),
    page.photometric,
    (width, height) => checkBlockSize(width, height, page, extent, what),
    what,
  )

const jpeg: Codec = {
  photometrics: [rgb, yCbCr, blackIsZero],
  decode: async (page, block, extent, what) =>
    decodeImage(await jpegStream(page, block, extent, what), blockPixels(page), what),
  passThrough: async (page, block, extent, what) => ({
    mime: 'image/jpeg',
    bytes: await jpegStream(page, block, extent, what),
  }),
}

const none: Codec = {
  photometrics: [rgb, blackIsZero],
  async decode(page, block, extent, what) {
    const height = page.isTiled ? page.blockHeight : extent.height
    const length = page.blockWidth * height * page.samples
    if (block.length < length) throw damaged(what, `is damaged: it has ${block.length} bytes of ${length}`)
    return toRgb(block.subarray(0, length), page.blockWidth, height)
  },
}

/** Lossless codecs of libtiff, which decodes on libuv's threads what JavaScript would decode on the event loop. */
const libtiff: Codec = {
  photometrics: [rgb, blackIsZero],
  decode: (page, block, extent, what) => {
    const height = page.isTiled ? page.blockHeight : extent.height
    return decodeImage(singleBlockTiff(page, block, height), blockPixels(page), what)
  },
}

/** Aperio 33005: one codestream a tile, RGB. */
const jpeg2000: Codec = {
  photometrics: [rgb],
  async decode(page, block, extent, what) {
    const { width, height } = codestreamSize(block, what)
    checkBlockSize(width, height, page, extent, what)
    const image = await decodeJpeg2000(block, what)
    if (image.width !== width || image.height !== height)
      throw damaged(what, 'is damaged: its JPEG 2000 image is cut up')
    return toRgb(image.data, width, height)
  },
}

const codecs: ReadonlyMap<number, Codec> = new Map([
  [compressions.none, none],
  [compressions.jpeg, jpeg],
  [compressions.lzw, libtiff],
  [compressions.deflate, libtiff],
  [compressions.oldDeflate, libtiff],
  [compressions.packbits, libtiff],
  [compressions.aperioJpeg2000Rgb, jpeg2000],
])

const nameOf = (compression: number) =>
  Object.entries(compressions).find(([, number]) => number === compression)?.[0] ?? 'unknown'

/** Why a page's pixels cannot be read, in words that end a sentence; null where they can. */
export function refusal(page: TiffPage): string | null {
  const codec = codecs.get(page.compression)
  if (!codec) return `it is compressed by method ${page.compression} (${nameOf(page.compression)})`
  if (page.bits !== 8 || !page.isInteger) return `its samples are not 8-bit whole numbers`
  if (page.isPlanar) return 'its colours are stored in separate planes'
  if (!codec.photometrics.includes(page.photometric)) return `its colours are of kind ${page.photometric} (photometric)`
  const least = page.photometric === blackIsZero ? 1 : 3
  if (page.samples < least || page.samples > least + 1) return `it has ${page.samples} channels`
  return null
}

const codecOf = (page: TiffPage): Codec => {
  const codec = codecs.get(page.compression)
  if (!codec) throw new Error('A page is read that refusal() refuses.')
  return codec
}

/** Pixels of a block, at least the extent. */
export const decodeBlock: Codec['decode'] = (page, block, extent, what) =>
  codecOf(page).decode(page, block, extent, what)

/** Whether browsers show the page's blocks without decoding here. */
export const canPass = (page: TiffPage): boolean => codecOf(page).passThrough !== undefined

/** A block as a browser shows it; null where canPass says no. */
export const passBlock = async (page: TiffPage, block: Buffer, extent: Extent, what: string) =>
  (await codecOf(page).passThrough?.(page, block, extent, what)) ?? null

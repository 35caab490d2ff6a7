import sharp from 'sharp'
import { message, type EncodedTile, type RgbImage, type Message } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'
import { plainJpeg, standaloneJpeg } from '../source/jpegStream.ts'
import { maxImagePixels } from '../source/memory.ts'
import { decodeJpeg2000Rgb } from '../jpeg2000/rgb.ts'
import { decodeImage, toRgb } from '../read/pixels.ts'
import type { TiffPage } from './page.ts'
import { samplesToRgb } from './samples/colours.ts'
import { decodeJob } from './samples/pageBlocks.ts'
import { colourSamples, layoutOf } from './samples/pageLayout.ts'
import { sampleCompressions } from './samples/unpack.ts'
import { stripTiff } from './stripTiff.ts'
import { compressions, photometrics, tags } from './tags.ts'

/** Size of the part of a block that is within the image. */
export interface Extent {
  readonly width: number
  readonly height: number
}

/** Decodes the blocks of a page. `part` names the block in messages. */
export interface Codec {
  /** Photometric interpretations that it supports. */
  readonly photometrics: readonly number[]
  /** Bits per sample that it supports. */
  readonly bits: readonly number[]
  /** Returns at least the extent's pixels. */
  decode(page: TiffPage, block: Buffer, extent: Extent, part: Message): Promise<RgbImage>
  /** Returns the block in a form that browsers show; null if it must be decoded. Absent if browsers do not know the codec. */
  passThrough?(page: TiffPage, block: Buffer, extent: Extent, part: Message): Promise<EncodedTile | null>
}

const { rgb, yCbCr, blackIsZero, whiteIsZero, palette, cmyk, cieLab, iccLab } = photometrics
const blockPixels = (page: TiffPage) => page.blockWidth * page.blockHeight
/** Strips are cut at the end of the image; tiles are padded beyond it. */
const storedHeight = (page: TiffPage, extent: Extent) => (page.isTiled ? page.blockHeight : extent.height)

/**
 * Checks the size that a block states, because decoders trust it. Larger would be an attack on memory; smaller would
 * leave pixels undefined.
 */
function checkBlockSize(width: number, height: number, page: TiffPage, extent: Extent, part: Message): void {
  if (width > page.blockWidth || height > page.blockHeight || width < extent.width || height < extent.height)
    throw damaged(part, message('flawSize', { found: [width, height], expected: [page.blockWidth, page.blockHeight] }))
}

const jpegStream = async (page: TiffPage, block: Buffer, extent: Extent, part: Message) =>
  standaloneJpeg(
    block,
    await page.jpegTables(),
    page.photometric,
    (width, height) => checkBlockSize(width, height, page, extent, part),
    part,
  )

/** Grey, RGB and YCbCr, as every decoder of JPEG knows them. Others are of TIFF alone: RGB and opacity, inks. */
const isUsualJpeg = ({ samples, photometric }: TiffPage) =>
  photometric === blackIsZero ? samples === 1 : (photometric === rgb || photometric === yCbCr) && samples === 3

const jpeg: Codec = {
  photometrics: [rgb, yCbCr, blackIsZero, whiteIsZero, cmyk, cieLab, iccLab],
  bits: [8],
  decode: async (page, block, extent, part) =>
    isUsualJpeg(page)
      ? decodeImage(await jpegStream(page, block, extent, part), blockPixels(page), part)
      : decodeJpegSamples(page, block, extent, part),
  passThrough: async (page, block, extent, part) =>
    isUsualJpeg(page) ? { mime: 'image/jpeg', bytes: await jpegStream(page, block, extent, part) } : null,
}

/** Decodes a JPEG of any number of components, whose meaning only the page states: libtiff leaves them as they are. */
async function decodeJpegSamples(page: TiffPage, block: Buffer, extent: Extent, part: Message): Promise<RgbImage> {
  const { samples } = page
  const size = { width: 0, height: 0, components: 0 }
  const stream = plainJpeg(block, await page.jpegTables(), (found) => Object.assign(size, found), part)
  checkBlockSize(size.width, size.height, page, extent, part)
  if (size.components !== samples)
    throw damaged(part, message('flawChannels', { found: size.components, expected: samples }))
  const photometric = samples > 2 ? rgb : blackIsZero
  const strip = stripTiff(
    { ...size, samples, bits: 8, compression: compressions.jpeg, photometric, predictor: 1 },
    stream,
  )
  const { data, info } = await sharp(strip, { failOn: 'error', limitInputPixels: blockPixels(page), ignoreIcc: true })
    .toColourspace(samples > 2 ? 'srgb' : 'b-w')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw damaged(part, message('flawDecoding', { reason: error.message.split('\n')[0].trim() }))
    })
  if (info.channels !== samples)
    throw damaged(part, message('flawChannels', { found: info.channels, expected: samples }))
  const layout = {
    ...(await layoutOf(page)),
    width: size.width,
    compression: compressions.none,
    predictor: 1,
    isBitReversed: false,
    isPlanar: false,
    subsampling: [1, 1] as const,
  }
  const { width, height: rows } = size
  return decodeJob({ layout, blocks: [{ rows, planes: [data] }], width, rows }, part)
}

/** Lossless codecs of libtiff. It decodes on libuv's threads; JavaScript would decode on the event loop. */
const libtiff: Codec = {
  photometrics: [rgb, blackIsZero, whiteIsZero, palette, cmyk, yCbCr, cieLab, iccLab],
  bits: Array.from({ length: 16 }, (_, i) => i + 1),
  decode: (page, block, extent, part) => {
    const layout = { ...page, width: page.blockWidth, height: storedHeight(page, extent) }
    return decodeImage(stripTiff(layout, block), blockPixels(page), part)
  },
}

const uncompressed: Codec = {
  ...libtiff,
  async decode(page, block, extent, part) {
    const height = storedHeight(page, extent)
    const length = page.blockWidth * height * page.samples
    if (block.length < length) throw damaged(part, message('flawBytes', { found: block.length, expected: length }))
    if (page.photometric === whiteIsZero) return libtiff.decode(page, block, extent, part)
    return toRgb(block.subarray(0, length), page.blockWidth, height)
  },
}

/**
 * Returns whether a page's blocks are 8-bit grey or RGB of full range: those of nearly all slides, which libtiff decodes
 * as they are. All other samples are decoded by samples/.
 */
export const arePlainSamples = (page: TiffPage): boolean =>
  page.bits === 8 &&
  page.compression !== compressions.zstd &&
  !page.isPlanar &&
  !page.isBitReversed &&
  page.predictor <= 2 &&
  (page.photometric === rgb ? page.samples === 3 : page.photometric <= blackIsZero && page.samples === 1)

/** Black and white by the codes of fax machines, through libtiff. */
const fax: Codec = {
  photometrics: [blackIsZero, whiteIsZero],
  bits: [1],
  async decode(page, block, extent, part) {
    const layout = { ...page, width: page.blockWidth, height: storedHeight(page, extent) }
    const optionTag = page.compression === compressions.ccittFax4 ? tags.t6Options : tags.t4Options
    const options = (await page.directory.get(optionTag)?.number(0)) ?? 0
    const fields = [
      [tags.fillOrder, page.isBitReversed ? 2 : 1],
      [optionTag, options],
    ] as const
    return decodeImage(stripTiff({ ...layout, fields }, block), blockPixels(page), part)
  },
}

/** Returns a codec of blocks that are whole images, which browsers can show. */
const wholeImages = (mime: 'image/webp' | 'image/png', isOne: (block: Buffer) => boolean): Codec => ({
  photometrics: [rgb, ...(mime === 'image/png' ? [blackIsZero] : [])],
  bits: [8],
  async decode(page, block, extent, part) {
    if (!isOne(block)) throw damaged(part, message('flawNotImage', { mime }))
    const { data, info } = await sharp(block, { failOn: 'error', limitInputPixels: blockPixels(page), ignoreIcc: true })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
      .catch((error: Error) => {
        throw damaged(part, message('flawDecoding', { reason: error.message.split('\n')[0].trim() }))
      })
    checkBlockSize(info.width, info.height, page, extent, part)
    return pageRgb(page, data, info.width, info.height)
  },
  passThrough: async (page, block, _extent, part) => {
    if (!isOne(block)) throw damaged(part, message('flawNotImage', { mime }))
    return page.samples === colourSamples(page.photometric) ? { mime, bytes: block } : null
  },
})
const isWebp = (block: Buffer) =>
  block.toString('latin1', 0, 4) === 'RIFF' && block.toString('latin1', 8, 12) === 'WEBP'
const isPng = (block: Buffer) => block.toString('latin1', 1, 4) === 'PNG'

/** Converts decoded 8-bit pixels to RGB. What a fourth channel is, the page states. */
async function pageRgb(page: TiffPage, data: Uint8Array, width: number, height: number): Promise<RgbImage> {
  const channels = data.length / (width * height)
  if (channels !== page.samples || channels % 2 === 1) return toRgb(data, width, height)
  const { colours } = await layoutOf(page)
  const out = new Uint8Array(width * height * 3)
  const layout = {
    ...(await layoutOf(page)),
    width,
    colours: { ...colours, photometric: channels > 2 ? rgb : blackIsZero },
  }
  samplesToRgb(data, layout, width, height, out)
  return { width, height, data: out }
}

/** JPEG 2000, one codestream per block. Some writers store luma and chroma although the photometric tag says RGB. */
const jpeg2000 = (usual: 'RGB' | 'YCbCr'): Codec => ({
  photometrics: [rgb, yCbCr, blackIsZero],
  bits: [8],
  decode: (page, block, extent, part) =>
    decodeJpeg2000Rgb(
      block,
      page.photometric === yCbCr || (page.jpeg2000?.[page.compression] ?? usual) === 'YCbCr',
      (width, height) => checkBlockSize(width, height, page, extent, part),
      part,
    ),
})

const codecs: ReadonlyMap<number, Codec> = new Map([
  [compressions.none, uncompressed],
  [compressions.jpeg, jpeg],
  [compressions.lzw, libtiff],
  [compressions.deflate, libtiff],
  [compressions.oldDeflate, libtiff],
  [compressions.packbits, libtiff],
  [compressions.zstd, libtiff],
  [compressions.ccittRle, fax],
  [compressions.ccittFax3, fax],
  [compressions.ccittFax4, fax],
  [compressions.webp, wholeImages('image/webp', isWebp)],
  [compressions.png, wholeImages('image/png', isPng)],
  [compressions.aperioJpeg2000YCbCr, jpeg2000('RGB')],
  [compressions.aperioJpeg2000Rgb, jpeg2000('RGB')],
  // As libvips writes it; vendors that do otherwise say so (vendors/).
  [compressions.jpeg2000Lossy, jpeg2000('YCbCr')],
  [compressions.jpeg2000, jpeg2000('RGB')],
])

const jpeg2000Compressions: readonly number[] = [
  compressions.aperioJpeg2000YCbCr,
  compressions.aperioJpeg2000Rgb,
  compressions.jpeg2000Lossy,
  compressions.jpeg2000,
]

const nameOf = (compression: number) =>
  Object.entries(compressions).find(([, number]) => number === compression)?.[0] ?? null

const colourNames: Readonly<Record<number, string>> = {
  [palette]: 'indexed',
  [photometrics.mask]: 'mask',
  [cmyk]: 'CMYK',
  [yCbCr]: 'YCbCr',
  [cieLab]: 'Lab',
  [iccLab]: 'Lab',
  10: 'ITU Lab',
  32803: 'CFA',
  32844: 'LogL',
  32845: 'LogLuv',
}

/** Returns why a page's pixels cannot be read, in words that end a sentence; null if they can. */
export function whyUnsupported(page: TiffPage): Message | null {
  const { compression, photometric, samples, bits } = page
  const codec = codecs.get(compression)
  if (!codec) return message('compression', { method: compression, name: nameOf(compression) })
  if (!codec.bits.includes(bits) || !page.isInteger)
    return message('sampleBits', { bits: codec.bits.length > 1 ? [8, 16] : codec.bits })
  if (!codec.photometrics.includes(photometric))
    return message('photometric', { kind: colourNames[photometric] ?? String(photometric) })
  const least = colourSamples(photometric)
  // RGB may be followed by any number of other channels. Several channels of grey are not the colours of a section.
  if (samples < least || (least === 1 && samples > 2)) return message('channels', { channels: samples })
  // OpenJPEG's WebAssembly build decodes no others.
  if (jpeg2000Compressions.includes(compression) && !page.isPlanar && samples !== 1 && samples !== 3)
    return message('oneOrThree', { components: samples })
  if (page.isPlanar && photometric === yCbCr) return message('planarYCbCr')
  if (page.isPlanar && !sampleCompressions.includes(compression) && (samples > 4 || photometric === cmyk))
    return message('channels', { channels: samples })
  if (page.isTiled && blockPixels(page) > maxImagePixels)
    return message('tilesTooLarge', { size: [page.blockWidth, page.blockHeight], most: maxImagePixels })
  return null
}

/** Returns the codec of a page. Only for pages for which whyUnsupported() returns null. */
export function codecOf(page: TiffPage): Codec {
  const codec = codecs.get(page.compression)
  if (!codec) throw new Error('A page is read that whyUnsupported() names as unsupported.')
  return codec
}

import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { message, type EncodedTile, type RgbImage, type Message } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'
import { standaloneJpeg } from '../source/jpegStream.ts'
import { decodeJpeg2000Rgb } from '../jpeg2000/rgb.ts'
import { decodeImage, toRgb } from '../read/pixels.ts'
import type { TiffPage } from './page.ts'
import { singleStripTiff } from './singleStrip.ts'
import { compressions, photometrics } from './tags.ts'

/** Size of the part of a block that is within the image. */
export interface Extent {
  readonly width: number
  readonly height: number
}

/** Decodes the blocks of a page. `what` names the block in messages. */
export interface Codec {
  /** Photometric interpretations that it supports. */
  readonly photometrics: readonly number[]
  /** Bits per sample that it supports. */
  readonly bits: readonly number[]
  /** Returns at least the extent's pixels. */
  decode(page: TiffPage, block: Buffer, extent: Extent, part: Message): Promise<RgbImage>
  /** Returns the block in a form that browsers show. Absent if browsers do not know the codec. */
  passThrough?(page: TiffPage, block: Buffer, extent: Extent, part: Message): Promise<EncodedTile>
}

const { rgb, yCbCr, blackIsZero, whiteIsZero } = photometrics
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

const jpeg: Codec = {
  photometrics: [rgb, yCbCr, blackIsZero],
  bits: [8],
  decode: async (page, block, extent, part) =>
    decodeImage(await jpegStream(page, block, extent, part), blockPixels(page), part),
  passThrough: async (page, block, extent, part) => ({
    mime: 'image/jpeg',
    bytes: await jpegStream(page, block, extent, part),
  }),
}

/** Lossless codecs of libtiff. It decodes on libuv's threads; JavaScript would decode on the event loop. */
const libtiff: Codec = {
  photometrics: [rgb, blackIsZero, whiteIsZero],
  bits: [8, 16],
  decode: (page, block, extent, part) => {
    const layout = { ...page, width: page.blockWidth, height: storedHeight(page, extent) }
    return decodeImage(singleStripTiff(layout, block), blockPixels(page), part)
  },
}

const uncompressed: Codec = {
  ...libtiff,
  async decode(page, block, extent, part) {
    const height = storedHeight(page, extent)
    const length = (page.blockWidth * height * page.samples * page.bits) / 8
    if (block.length < length) throw damaged(part, message('flawBytes', { found: block.length, expected: length }))
    if (page.bits !== 8 || page.photometric === whiteIsZero) return libtiff.decode(page, block, extent, part)
    return toRgb(block.subarray(0, length), page.blockWidth, height)
  },
}

const unpackZstd = promisify(zstdDecompress)

/** Zstandard, by Node: the bundled libtiff does not support it. */
const zstd: Codec = {
  ...libtiff,
  async decode(page, block, extent, part) {
    const maxOutputLength = (blockPixels(page) * page.samples * page.bits) / 8
    const stored = await unpackZstd(block, { maxOutputLength }).catch((error: Error) => {
      throw damaged(part, message('flawDecoding', { reason: error.message }))
    })
    const plain = { ...page, compression: compressions.none, predictor: 1 }
    return uncompressed.decode(plain, undoPredictor(page, stored, part), extent, part)
  },
}

/** Whole WebP images, which browsers can show. */
const webp: Codec = {
  photometrics: [rgb],
  bits: [8],
  async decode(page, block, extent, part) {
    const image = await decodeImage(block, blockPixels(page), part)
    checkBlockSize(image.width, image.height, page, extent, part)
    return image
  },
  passThrough: async (_page, block, _extent, part) => {
    if (!isWebp(block)) throw damaged(part, message('flawNotWebp'))
    return { mime: 'image/webp', bytes: block }
  },
}
const isWebp = (block: Buffer) =>
  block.toString('latin1', 0, 4) === 'RIFF' && block.toString('latin1', 8, 12) === 'WEBP'

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
  [compressions.zstd, zstd],
  [compressions.webp, webp],
  [compressions.aperioJpeg2000YCbCr, jpeg2000('RGB')],
  [compressions.aperioJpeg2000Rgb, jpeg2000('RGB')],
  // As libvips writes it; vendors that do otherwise say so (vendors/).
  [compressions.jpeg2000Lossy, jpeg2000('YCbCr')],
  [compressions.jpeg2000, jpeg2000('RGB')],
])

const nameOf = (compression: number) =>
  Object.entries(compressions).find(([, number]) => number === compression)?.[0] ?? null

/** Returns why a page's pixels cannot be read, in words that end a sentence; null if they can. */
export function whyUnsupported(page: TiffPage): Message | null {
  const codec = codecs.get(page.compression)
  if (!codec) return message('compression', { method: page.compression, name: nameOf(page.compression) })
  if (!codec.bits.includes(page.bits) || !page.isInteger) return message('sampleBits', { bits: codec.bits })
  if (!codec.photometrics.includes(page.photometric)) return message('photometric', { kind: String(page.photometric) })
  const least = page.photometric === blackIsZero || page.photometric === whiteIsZero ? 1 : 3
  if (page.samples < least || page.samples > least + 1) return message('channels', { channels: page.samples })
  if (page.isPlanar && page.photometric === yCbCr) return message('planarYCbCr')
  return null
}

/** Returns the codec of a page. Only for pages for which whyUnsupported() returns null. */
export function codecOf(page: TiffPage): Codec {
  const codec = codecs.get(page.compression)
  if (!codec) throw new Error('A page is read that whyUnsupported() names as unsupported.')
  return codec
}

/** Undoes horizontal differencing (TIFF 6.0 section 14) in a block's unpacked bytes, in place. */
function undoPredictor(page: TiffPage, bytes: Buffer, part: Message): Buffer {
  const { predictor, samples, bits, blockWidth, isLittleEndian } = page
  if (predictor === 1) return bytes
  if (predictor !== 2) throw damaged(part, message('flawPredictor', { predictor }))
  const row = blockWidth * samples * (bits / 8)
  if (bits === 8) {
    for (let at = 0; at < bytes.length; at++) if (at % row >= samples) bytes[at] += bytes[at - samples]
    return bytes
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 1 < bytes.length; at += 2)
    if (at % row >= 2 * samples)
      view.setUint16(
        at,
        view.getUint16(at, isLittleEndian) + view.getUint16(at - 2 * samples, isLittleEndian),
        isLittleEndian,
      )
  return bytes
}

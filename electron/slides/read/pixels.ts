import sharp from 'sharp'
import { message, type EncodedTile, type RgbImage, type Message } from '../../contract/index.ts'
import { cameraBitsOf } from '../tiff/samples/unpack.ts'
import { damaged } from '../source/damaged.ts'

// Tiles are small and many: one thread per tile, in parallel, is faster than several threads per tile. We have our own
// cache.
sharp.concurrency(1)
sharp.cache(false)

/**
 * Converts interleaved 8-bit pixels of 1 to 4 channels to RGB. Grey is repeated; alpha (channel 2 or 4) is blended on
 * white.
 */
export function toRgb(data: Uint8Array, width: number, height: number): RgbImage {
  const pixels = width * height
  const channels = data.length / pixels
  if (channels === 3) return { width, height, data }
  const rgb = new Uint8Array(pixels * 3)
  const [green, blue] = channels > 2 ? [1, 2] : [0, 0]
  const hasAlpha = channels % 2 === 0
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += channels, to += 3) {
    const alpha = hasAlpha ? data[from + channels - 1] / 255 : 1
    const paper = 255 * (1 - alpha) + 0.5 // + 0.5: truncation then rounds
    rgb[to] = alpha * data[from] + paper
    rgb[to + 1] = alpha * data[from + green] + paper
    rgb[to + 2] = alpha * data[from + blue] + paper
  }
  return { width, height, data: rgb }
}

/** Returns the top left part of an image, or the image itself if it already has that size. */
export function crop(image: RgbImage, width: number, height: number): RgbImage {
  if (image.width === width && image.height === height) return image
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++)
    data.set(image.data.subarray(row * image.width * 3, (row * image.width + width) * 3), row * width * 3)
  return { width, height, data }
}

export const white = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(255),
})

/** Halves width and height (rounded up). Each pixel is the mean of up to four. */
export function halve(image: RgbImage): RgbImage {
  const width = Math.ceil(image.width / 2)
  const height = Math.ceil(image.height / 2)
  const from = image.data
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, to = 0; y < height; y++) {
    const upper = 2 * y * image.width
    const lower = Math.min(2 * y + 1, image.height - 1) * image.width
    for (let x = 0; x < width; x++) {
      const left = 2 * x
      const right = Math.min(2 * x + 1, image.width - 1)
      for (let c = 0; c < 3; c++)
        data[to++] =
          (from[(upper + left) * 3 + c] +
            from[(upper + right) * 3 + c] +
            from[(lower + left) * 3 + c] +
            from[(lower + right) * 3 + c] +
            2) >>
          2
    }
  }
  return { width, height, data }
}

/** Returns the first line of libvips' report, which is closest to the cause. */
const reason = (error: Error) => error.message.split('\n')[0].replace(/[\s:.]+$/, '')

/**
 * Decodes an encoded image of at most `maxPixels`, as stored: no colour management, no rotation. Alpha is blended on
 * white. Throws FailureError 'unreadable', naming `what`, if libvips refuses it (damaged, unknown or larger).
 */
export async function decodeImage(input: Uint8Array | string, maxPixels: number, part: Message): Promise<RgbImage> {
  const { data, info } = await sharp(input, { failOn: 'error', limitInputPixels: maxPixels, ignoreIcc: true })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw damaged(part, message('flawDecoding', { reason: reason(error) }))
    })
  return toRgb(data, info.width, info.height)
}

/** Pixels of 16 bits, made bytes over the smallest range of a camera that holds them. */
export interface DeepImage {
  readonly image: RgbImage
  readonly bits: number
  readonly largest: number
}

/** Decodes an image of 16-bit samples. Throws like decodeImage. */
export async function decodeDeep(input: string, maxPixels: number, part: Message): Promise<DeepImage> {
  const picture = sharp(input, { failOn: 'error', limitInputPixels: maxPixels, ignoreIcc: true })
  const { data, info } = await picture
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw damaged(part, message('flawDecoding', { reason: reason(error) }))
    })
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
  const hasAlpha = info.channels % 2 === 0
  let largest = 0
  for (let i = 0; i < samples.length; i++)
    if (samples[i] > largest && !(hasAlpha && i % info.channels === info.channels - 1)) largest = samples[i]
  const bits = cameraBitsOf(largest)
  // Opacity fills its 16 bits in any case.
  const bytes = Uint8Array.from(samples, (value, i) =>
    hasAlpha && i % info.channels === info.channels - 1 ? value >> 8 : value >> (bits - 8),
  )
  return { image: toRgb(bytes, info.width, info.height), bits, largest }
}

/**
 * Decodes an image of inks without a profile, as most programs do: what is neither ink nor black is paper. Throws like
 * decodeImage.
 */
export async function decodeCmyk(input: string, maxPixels: number, part: Message): Promise<RgbImage> {
  const { data, info } = await sharp(input, { failOn: 'error', limitInputPixels: maxPixels, ignoreIcc: true })
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw damaged(part, message('flawDecoding', { reason: reason(error) }))
    })
  const { width, height, channels } = info
  const rgb = new Uint8Array(width * height * 3)
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    const paper = 255 - data[from + 3]
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.round(((255 - data[from + c]) * paper) / 255)
  }
  return { width, height, data: rgb }
}

const raw = ({ data, width, height }: RgbImage) => sharp(data, { raw: { width, height, channels: 3 } })

/** Encodes exactly these pixels (PNG), for tiles that browsers cannot show as stored. */
export const encodeExact = async (image: RgbImage): Promise<EncodedTile> => ({
  mime: 'image/png',
  bytes: await raw(image).png({ compressionLevel: 2, adaptiveFiltering: false }).toBuffer(),
})

/** Encodes nearly these pixels in a tenth of the bytes, for generated levels. */
export const encodeCompact = async (image: RgbImage): Promise<EncodedTile> => ({
  mime: 'image/jpeg',
  bytes: await raw(image).jpeg({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer(),
})

/**
 * Encodes a thumbnail in few bytes, off the caller's thread. Chroma is not subsampled, so that neighbouring blocks of 8
 * × 8 pixels do not mix.
 */
export const encodeJpeg = async (image: RgbImage): Promise<EncodedTile> => ({
  mime: 'image/jpeg',
  bytes: await raw(image).jpeg({ quality: 80, chromaSubsampling: '4:4:4' }).toBuffer(),
})

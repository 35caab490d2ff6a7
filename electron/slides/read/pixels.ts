import sharp from 'sharp'
import { type EncodedTile, type RgbImage } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'

// Tiles are small and many: parallel over tiles, one thread each, beats parallel within a tile. The LRU is ours.
sharp.concurrency(1)
sharp.cache(false)

/** Interleaved 8-bit pixels of 1 to 4 channels as RGB: grey is repeated, alpha (channel 2 or 4) laid on white. */
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

/** The left upper part of an image; the image itself where it already has that size. */
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

/** Half the width and height (rounded up), each pixel the mean of up to four. */
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

/** libvips reports several lines, the first of them closest to the cause. */
const reason = (error: Error) => error.message.split('\n')[0].trim().replace(/\.$/, '')

/**
 * Pixels of an encoded image of at most maxPixels, as stored: no colour management, no rotation. Alpha is laid on
 * white. Fails with 'unreadable', naming `what`, where libvips refuses (damaged, foreign or larger).
 */
export async function decodeImage(input: Uint8Array | string, maxPixels: number, what: string): Promise<RgbImage> {
  const { data, info } = await sharp(input, { failOn: 'error', limitInputPixels: maxPixels, ignoreIcc: true })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw damaged(what, `cannot be decoded: ${reason(error)}`)
    })
  return toRgb(data, info.width, info.height)
}

const raw = ({ data, width, height }: RgbImage) => sharp(data, { raw: { width, height, channels: 3 } })

/** Exactly these pixels, for tiles that a browser cannot show as they are stored. */
export const encodeExact = async (image: RgbImage): Promise<EncodedTile> => ({
  mime: 'image/png',
  bytes: await raw(image).png({ compressionLevel: 2, adaptiveFiltering: false }).toBuffer(),
})

/** Nearly these pixels in a tenth of the bytes, for overview levels that are our own. */
export const encodeCompact = async (image: RgbImage): Promise<EncodedTile> => ({
  mime: 'image/jpeg',
  bytes: await raw(image).jpeg({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer(),
})

/**
 * A picture to look at quickly, in few bytes: thumbnails. Encoded off the caller's thread. Chroma in full: blocks of 8 × 8 then
 * take nothing from one another.
 */
export const encodeJpeg = async (image: RgbImage): Promise<EncodedTile> => ({
  mime: 'image/jpeg',
  bytes: await raw(image).jpeg({ quality: 80, chromaSubsampling: '4:4:4' }).toBuffer(),
})

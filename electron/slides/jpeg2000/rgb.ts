import { message, type Message } from '../../contract/index.ts'
import type { RgbImage } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'
import { toRgb } from '../read/pixels.ts'
import { codestreamSize } from './codestream.ts'
import type { Decoded } from './openjpeg.ts'
import { decodeOnThread } from '../threads/decodePool.ts'

/**
 * Decodes a JPEG 2000 codestream to RGB. `isYCbCr`: its components are luma and chroma, which the codestream
 * does not state. `checkSize` receives the stated size before decoding. Throws FailureError 'unreadable', naming `part`.
 */
export async function decodeJpeg2000Rgb(
  bytes: Buffer,
  isYCbCr: boolean,
  checkSize: (width: number, height: number) => void,
  part: Message,
): Promise<RgbImage> {
  return (await decodeJpeg2000(bytes, isYCbCr, checkSize, part, toRgb, false)).image
}

/**
 * As decodeJpeg2000Rgb. `toPixels` makes RGB of the samples. `isRanged` as in openjpeg.ts; also returns the range that
 * was found.
 */
export async function decodeJpeg2000(
  bytes: Buffer,
  isYCbCr: boolean,
  checkSize: (width: number, height: number) => void,
  part: Message,
  toPixels: (data: Uint8Array, width: number, height: number) => RgbImage,
  isRanged: boolean,
): Promise<{ image: RgbImage; range?: Decoded['range'] }> {
  const { width, height, isSubsampled } = codestreamSize(bytes, part)
  checkSize(width, height)
  const image = await decodeOnThread({ codec: 'jpeg2000', bytes, isRanged }, (width * height) / 1e6)
  if ('error' in image) throw damaged(part, message('flawDecoding', { reason: image.error }))
  if (image.width !== width || image.height !== height) throw damaged(part, message('flawCutUp'))
  // OpenJPEG takes subsampled components for YCbCr and returns RGB. It returns components of full size unchanged.
  if (isYCbCr && !isSubsampled && image.data.length === 3 * width * height) yCbCrToRgb(image.data)
  return { image: toPixels(image.data, width, height), range: image.range }
}

/** Converts full-range BT.601 (JFIF 1.02) to RGB, in place. */
function yCbCrToRgb(data: Uint8Array): void {
  const byte = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : Math.round(value))
  for (let i = 0; i < data.length; i += 3) {
    const luma = data[i]
    const cb = data[i + 1] - 128
    const cr = data[i + 2] - 128
    data[i] = byte(luma + 1.402 * cr)
    data[i + 1] = byte(luma - 0.344136 * cb - 0.714136 * cr)
    data[i + 2] = byte(luma + 1.772 * cb)
  }
}

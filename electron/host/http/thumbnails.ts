import {
  FailureError,
  message,
  type EncodedTile,
  type Rect,
  type RgbImage,
  type SlideReader,
} from '../../contract/index.ts'
import { mostPlaces, picturePitch } from '../../contract/api/binaryRoutes.ts'
import { encodeJpeg } from '../../slides/index.ts'

/** Reads a rectangle of the slide as a JPEG of `width` × `height` px, from the smallest level with enough detail. */
export async function pictureOf(
  reader: SlideReader,
  rect: Rect,
  width: number,
  height: number,
  signal?: AbortSignal,
): Promise<EncodedTile> {
  return encodeJpeg(await reader.region(rect, width, height, signal))
}

/**
 * Reads squares of the slide, `size` level-0 pixels a side, and stacks them in one JPEG, `side` × `picturePitch(side)`
 * px each. One JPEG, because for many small pictures a request and a decoding each would cost more than their pixels. A
 * square that cannot be read stays grey, and `isWhole` is then false. If none can be read, throws the first failure.
 * Throws FailureError 'invalid-input' for no places or more than `mostPlaces`.
 */
export async function strip(
  reader: SlideReader,
  places: readonly { readonly x: number; readonly y: number }[],
  size: number,
  side: number,
  signal?: AbortSignal,
): Promise<EncodedTile & { readonly isWhole: boolean }> {
  if (places.length === 0 || places.length > mostPlaces)
    throw new FailureError('invalid-input', message('thumbnailCount', { most: mostPlaces, places: places.length }))
  const pitch = picturePitch(side)
  const data = new Uint8Array(3 * side * pitch * places.length).fill(unread)
  const read = await Promise.allSettled(
    places.map(({ x, y }) => reader.region({ x, y, width: size, height: size }, side, side, signal)),
  )
  const lost = read.filter((one) => one.status === 'rejected')
  const bug = lost.find(({ reason }) => !(reason instanceof FailureError))
  if (bug) throw bug.reason
  if (lost.length === read.length || (signal?.aborted && lost.length > 0)) throw lost[0].reason
  read.forEach((one, k) => {
    if (one.status === 'fulfilled') data.set(padded(one.value, pitch), 3 * side * pitch * k)
  })
  return { ...(await encodeJpeg({ width: side, height: pitch * places.length, data })), isWhole: lost.length === 0 }
}

const unread = 200 // grey level of squares that cannot be read

/** Returns the image's pixels with its last row repeated below it until there are `rows` rows. */
function padded({ width, height, data }: RgbImage, rows: number): Uint8Array {
  const stride = 3 * width
  const all = new Uint8Array(stride * rows)
  all.set(data)
  for (let row = height; row < rows; row++) all.copyWithin(row * stride, (height - 1) * stride, height * stride)
  return all
}

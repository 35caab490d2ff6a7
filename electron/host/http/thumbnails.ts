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

/** A rectangle of the slide as a JPEG of these pixels; read from the smallest level that has the detail. */
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
 * Squares of the slide, `size` level-0 pixels a side, below one another in one JPEG, `side` px × `picturePitch(side)` px
 * each: a request and a decoding for each of many small pictures costs more than its pixels. One that cannot be read stays
 * grey, and `isWhole` is false; where none can, its failure is that of all. Fails with 'invalid-input' for more than
 * `mostPlaces` of them.
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

const unread = 200 // grey, where the slide is damaged

/** With its last row again below it, down to `height` rows. */
function padded({ width, height, data }: RgbImage, rows: number): Uint8Array {
  const stride = 3 * width
  const all = new Uint8Array(stride * rows)
  all.set(data)
  for (let row = height; row < rows; row++) all.copyWithin(row * stride, (height - 1) * stride, height * stride)
  return all
}

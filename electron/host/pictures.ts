import { FailureError, type EncodedTile, type Rect, type RgbImage, type SlideReader } from '../contract/index.ts'
import { mostPlaces, picturePitch } from '../contract/routes.ts'
import { encodeJpeg } from '../slides/index.ts'

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
 * each: a request and a decoding for each of many small pictures costs more than its pixels. Fails with 'invalid-input' for
 * more than `mostPlaces` of them.
 */
export async function strip(
  reader: SlideReader,
  places: readonly { readonly x: number; readonly y: number }[],
  size: number,
  side: number,
  signal?: AbortSignal,
): Promise<EncodedTile> {
  if (places.length === 0 || places.length > mostPlaces)
    throw new FailureError(
      'invalid-input',
      `Pictures are made of 1 to ${mostPlaces} places at a time; asked were ${places.length}.`,
    )
  const pitch = picturePitch(side)
  const data = new Uint8Array(3 * side * pitch * places.length)
  await Promise.all(
    places.map(async ({ x, y }, k) => {
      const picture = await reader.region({ x, y, width: size, height: size }, side, side, signal)
      data.set(padded(picture, pitch), 3 * side * pitch * k)
    }),
  )
  return encodeJpeg({ width: side, height: pitch * places.length, data })
}

/** With its last row again below it, down to `height` rows. */
function padded({ width, height, data }: RgbImage, rows: number): Uint8Array {
  const stride = 3 * width
  const all = new Uint8Array(stride * rows)
  all.set(data)
  for (let row = height; row < rows; row++) all.copyWithin(row * stride, (height - 1) * stride, height * stride)
  return all
}

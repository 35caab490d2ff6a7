/**
 * Views of a crop: turned and mirrored. A network sees each a little differently; the mean of its tokens over several
 * depends less on how a crop happens to lie (test-time augmentation).
 */

/** Numbers of views that a model may average. */
export const viewCounts = [1, 2, 4, 8] as const
export type ViewCount = (typeof viewCounts)[number]

/** Bits of a view: mirrored left to right, then top to bottom, then along the diagonal. */
const [acrossBit, downBit, diagonalBit] = [1, 2, 4]
/** The crop itself, turned by half, mirrored both ways, and the same along the diagonal. */
const views = [0, 3, 1, 2, 4, 7, 5, 6]

/**
 * Returns a view of a square crop.
 * @param rgb interleaved, side·side·3 bytes
 * @param view 0 … 7; 0 is the crop itself, which is returned as it is
 */
export function turnedPixels(rgb: Uint8Array, side: number, view: number): Uint8Array {
  const bits = views[view]
  if (bits === 0) return rgb
  const turned = new Uint8Array(rgb.length)
  for (let y = 0, to = 0; y < side; y++)
    for (let x = 0; x < side; x++, to += 3) {
      const [u, v] = bits & diagonalBit ? [y, x] : [x, y]
      const from = 3 * ((bits & downBit ? side - 1 - v : v) * side + (bits & acrossBit ? side - 1 - u : u))
      turned[to] = rgb[from]
      turned[to + 1] = rgb[from + 1]
      turned[to + 2] = rgb[from + 2]
    }
  return turned
}

/** Returns where boxes (xmin, ymin, xmax, ymax each, crop pixels) lie in a view. */
export function turnedBoxes(boxes: Float32Array, side: number, view: number): Float32Array {
  const bits = views[view]
  if (bits === 0) return boxes
  const turned = new Float32Array(boxes.length)
  for (let i = 0; i < boxes.length; i += 4) {
    const [x0, y0, x1, y1] = boxes.subarray(i, i + 4)
    const [left, right] = bits & acrossBit ? [side - x1, side - x0] : [x0, x1]
    const [top, bottom] = bits & downBit ? [side - y1, side - y0] : [y0, y1]
    turned.set(bits & diagonalBit ? [top, left, bottom, right] : [left, top, right, bottom], i)
  }
  return turned
}

/** Pictures that visual tokenizers see: the masked crop's own, whose tokens the network must predict. */

/** Pixels per visual token and side. */
export const pixelsPerToken = 8
/** Side of a nucleus's picture: 4×4 tokens. */
export const nucleusPictureSide = 32

/**
 * The crop as large as gives one token for each patch.
 * @param rgb interleaved, side·side·3 bytes
 * @param grid patches per side
 * @returns (8·grid)²·3 bytes
 */
export function patchPicture(rgb: Uint8Array, side: number, grid: number): Uint8Array {
  const out = grid * pixelsPerToken
  return out === side ? rgb : areaAveraged(rgb, side, { x: 0, y: 0, width: side, height: side }, out)
}

/**
 * Each nucleus's box as a picture of its own, whatever its size.
 * @param boxes xmin, ymin, xmax, ymax per nucleus, crop pixels
 * @returns [nuclei, 32, 32, 3] bytes
 */
export function nucleusPictures(rgb: Uint8Array, side: number, boxes: ArrayLike<number>): Uint8Array {
  const bytes = nucleusPictureSide ** 2 * 3
  const pictures = new Uint8Array((boxes.length / 4) * bytes)
  for (let i = 0; i < boxes.length / 4; i++) {
    const [x, y] = [boxes[4 * i], boxes[4 * i + 1]]
    const window = { x, y, width: Math.max(boxes[4 * i + 2] - x, 1), height: Math.max(boxes[4 * i + 3] - y, 1) }
    pictures.set(bilinear(rgb, side, window, nucleusPictureSide), i * bytes)
  }
  return pictures
}

interface Window {
  x: number
  y: number
  width: number
  height: number
}

/** Each output pixel is the mean of what it covers: shrinks without aliasing. */
function areaAveraged(rgb: Uint8Array, side: number, window: Window, out: number): Uint8Array {
  const result = new Uint8Array(out * out * 3)
  const shares = Array.from({ length: out }, (_, i) => covered(window.x + (i * window.width) / out, window.width / out))
  for (let v = 0; v < out; v++)
    for (let u = 0; u < out; u++) {
      let [r, g, b, total] = [0, 0, 0, 0]
      for (const [row, wy] of shares[v])
        for (const [column, wx] of shares[u]) {
          const at = 3 * (row * side + column)
          const w = wx * wy
          r += w * rgb[at]
          g += w * rgb[at + 1]
          b += w * rgb[at + 2]
          total += w
        }
      const at = 3 * (v * out + u)
      result[at] = r / total + 0.5
      result[at + 1] = g / total + 0.5
      result[at + 2] = b / total + 0.5
    }
  return result
}

/** [pixel, length of it] pairs under an interval. */
function covered(start: number, length: number): [number, number][] {
  const pairs: [number, number][] = []
  for (let pixel = Math.floor(start); pixel < start + length - 1e-9; pixel++)
    pairs.push([pixel, Math.min(pixel + 1, start + length) - Math.max(pixel, start)])
  return pairs
}

function bilinear(rgb: Uint8Array, side: number, { x, y, width, height }: Window, out: number): Uint8Array {
  const result = new Uint8Array(out * out * 3)
  const axis = (start: number, length: number) =>
    Array.from({ length: out }, (_, i) => {
      const at = Math.min(Math.max(start + ((i + 0.5) * length) / out - 0.5, 0), side - 1)
      const low = Math.floor(at)
      return { low, high: Math.min(low + 1, side - 1), part: at - low }
    })
  const [columns, rows] = [axis(x, width), axis(y, height)]
  let at = 0
  for (const row of rows)
    for (const column of columns)
      for (let k = 0; k < 3; k++) {
        const [a, b] = [rgb[3 * (row.low * side + column.low) + k], rgb[3 * (row.low * side + column.high) + k]]
        const [c, d] = [rgb[3 * (row.high * side + column.low) + k], rgb[3 * (row.high * side + column.high) + k]]
        const top = a + column.part * (b - a)
        result[at++] = top + row.part * (c + column.part * (d - c) - top) + 0.5
      }
  return result
}

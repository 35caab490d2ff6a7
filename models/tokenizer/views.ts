/** Pixels per visual token and side, of every tokenizer. */
export const pixelsPerToken = 8
/** Side of a nucleus's view: 4×4 tokens. */
export const nucleusViewSide = 32

/** A rectangle of a picture in pixels: [xmin, ymin, xmax, ymax], as boxes are; it may begin and end within a pixel. */
export type Box = readonly [xmin: number, ymin: number, xmax: number, ymax: number]

/** Weight of a sample at distance t, and how far it reaches, in pixels of the coarser of the two pictures. */
interface Filter {
  readonly reach: number
  at(t: number): number
}
const sinc = (t: number): number => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t))
const lanczos: Filter = { reach: 3, at: (t) => (Math.abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0) }
const triangle: Filter = { reach: 1, at: (t) => Math.max(0, 1 - Math.abs(t)) }

interface Taps {
  /** First pixel that sample i takes. */
  readonly first: Int32Array
  /** `count` weights per sample, adding up to 1 */
  readonly weights: Float64Array
  readonly count: number
}

/** Where `to` samples of low … high lie among `length` pixels; the filter widens where the picture shrinks (as Pillow's). */
function tapsOf(low: number, high: number, length: number, to: number, { reach, at }: Filter): Taps {
  const step = (high - low) / to
  const scale = Math.max(1, step)
  const count = Math.min(length, 2 * Math.ceil(reach * scale) + 1)
  const first = new Int32Array(to)
  const weights = new Float64Array(to * count)
  for (let i = 0; i < to; i++) {
    const centre = low + (i + 0.5) * step
    first[i] = Math.min(Math.max(Math.floor(centre - reach * scale), 0), length - count)
    let total = 0
    for (let k = 0; k < count; k++) total += weights[i * count + k] = at((first[i] + k + 0.5 - centre) / scale)
    for (let k = 0; k < count; k++) weights[i * count + k] /= total
  }
  return { first, weights, count }
}

/** Resamples `box` of a square picture to side to × to, rows after columns; into `out` from `start`. */
function resample(
  rgb: Uint8Array,
  side: number,
  [xmin, ymin, xmax, ymax]: Box,
  to: number,
  filter: Filter,
  out: Uint8ClampedArray,
  start: number,
): void {
  const across = tapsOf(xmin, xmax, side, to, filter)
  const down = tapsOf(ymin, ymax, side, to, filter)
  const top = down.first[0]
  const rows = down.first[to - 1] + down.count - top
  const narrow = new Float32Array(rows * to * 3)
  for (let y = 0, at = 0; y < rows; y++)
    for (let x = 0; x < to; x++, at += 3) {
      let [r, g, b] = [0, 0, 0]
      let p = 3 * ((top + y) * side + across.first[x])
      for (let k = x * across.count; k < (x + 1) * across.count; k++, p += 3) {
        const w = across.weights[k]
        r += w * rgb[p]
        g += w * rgb[p + 1]
        b += w * rgb[p + 2]
      }
      narrow[at] = r
      narrow[at + 1] = g
      narrow[at + 2] = b
    }
  for (let y = 0, at = start; y < to; y++)
    for (let x = 0; x < 3 * to; x++, at++) {
      let sum = 0
      let p = (down.first[y] - top) * 3 * to + x
      for (let k = y * down.count; k < (y + 1) * down.count; k++, p += 3 * to) sum += down.weights[k] * narrow[p]
      out[at] = sum
    }
}

/**
 * What a tokenizer sees of a crop: the same square at side `to` (448 → 224, by Lanczos of reach 3).
 * @param rgb interleaved bytes, side × side
 * @returns interleaved bytes, to × to
 */
export function cropView(rgb: Uint8Array, side: number, to: number): Uint8Array {
  if (to === side) return rgb
  const out = new Uint8ClampedArray(to * to * 3)
  resample(rgb, side, [0, 0, side, side], to, lanczos, out, 0)
  return new Uint8Array(out.buffer)
}

/**
 * What a tokenizer sees of each nucleus: its box, stretched to a square (bilinear).
 * @param rgb interleaved bytes, side × side
 * @param boxes 4 per nucleus, pixels, within the picture; one narrower than a pixel is widened to it
 * @returns interleaved bytes [N, to, to, 3]
 */
export function nucleusViews(rgb: Uint8Array, side: number, boxes: Float32Array, to = nucleusViewSide): Uint8Array {
  const size = to * to * 3
  const out = new Uint8ClampedArray((boxes.length / 4) * size)
  const widened = (low: number, high: number): [number, number] => {
    const from = Math.min(Math.max(low, 0), side - 1)
    return [from, Math.min(Math.max(high, from + 1), side)]
  }
  for (let i = 0; i < boxes.length / 4; i++) {
    const [xmin, xmax] = widened(boxes[4 * i], boxes[4 * i + 2])
    const [ymin, ymax] = widened(boxes[4 * i + 1], boxes[4 * i + 3])
    resample(rgb, side, [xmin, ymin, xmax, ymax], to, triangle, out, i * size)
  }
  return new Uint8Array(out.buffer)
}

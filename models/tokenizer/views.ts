/** Side in pixels of the square of one visual token, for every tokenizer. */
export const pixelsPerToken = 8
/** Side of a nucleus's view: 4×4 tokens. */
export const nucleusViewSide = 32

/** A rectangle of a picture in pixels: [xmin, ymin, xmax, ymax]. It may begin and end within a pixel. */
export type Box = readonly [xmin: number, ymin: number, xmax: number, ymax: number]

/** Weight of a sample at distance t, and its reach, in pixels of the coarser of the two pictures. */
interface Filter {
  readonly reach: number
  at(t: number): number
}
const sinc = (t: number): number => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t))
const lanczos: Filter = { reach: 3, at: (t) => (Math.abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0) }
const triangle: Filter = { reach: 1, at: (t) => Math.max(0, 1 - Math.abs(t)) }

interface Taps {
  /** First pixel that contributes to sample i. */
  readonly first: Int32Array
  /** `count` weights per sample, adding up to 2^weightBits */
  readonly weights: Int32Array
  readonly count: number
}

/**
 * Integer arithmetic is a third faster. Sums over rows keep 7 fractional bits, so that sums over columns stay below
 * 2³¹.
 */
const weightBits = 14
const rowBits = 7

/**
 * Returns the weights for `to` samples of low … high among `length` pixels. The filter widens when shrinking (as in
 * Pillow).
 */
function tapsOf(low: number, high: number, length: number, to: number, { reach, at }: Filter): Taps {
  const step = (high - low) / to
  const scale = Math.max(1, step)
  const support = reach * scale
  // Counts pixels whose centres lie within the support; the filter is zero at its ends.
  const count = Math.min(length, Math.ceil(2 * support))
  const first = new Int32Array(to)
  const weights = new Int32Array(to * count)
  const exact = new Float64Array(count)
  for (let i = 0; i < to; i++) {
    const centre = low + (i + 0.5) * step
    first[i] = Math.min(Math.max(Math.floor(centre - support + 0.5), 0), length - count)
    let total = 0
    for (let k = 0; k < count; k++) total += exact[k] = at((first[i] + k + 0.5 - centre) / scale)
    // Rounds running sums, not weights, so that the weights add up exactly and a uniform area is unchanged.
    for (let k = 0, sum = 0, before = 0; k < count; k++) {
      sum += exact[k] / total
      const upTo = Math.round(sum * 2 ** weightBits)
      weights[i * count + k] = upTo - before
      before = upTo
    }
  }
  return { first, weights, count }
}

/** Resamples `box` of a square picture to to × to pixels, rows before columns; writes them to `out` from `start`. */
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
  const left = across.first[0]
  // One row of sums fits into the fastest cache.
  const row = new Int32Array((across.first[to - 1] + across.count - left) * 3)
  for (let y = 0; y < to; y++) {
    mixRows(row, rgb, 3 * (down.first[y] * side + left), 3 * side, down, y)
    mixColumns(out, start + y * to * 3, row, left, across)
  }
}

/** Adds up the rows that contribute to sample y, starting at `at`, times 2^rowBits. */
function mixRows(row: Int32Array, rgb: Uint8Array, at: number, stride: number, down: Taps, y: number): void {
  const { count, weights } = down
  const shift = weightBits - rowBits
  const tap = (k: number): [start: number, weight: number] =>
    k < count ? [at + k * stride, weights[y * count + k]] : [at, 0]
  row.fill(1 << (shift - 1))
  // Four rows at a time, so that each sum is read and written less often.
  for (let k = 0; k < count; k += 4) {
    const [[p, a], [q, b], [r, c], [s, d]] = [tap(k), tap(k + 1), tap(k + 2), tap(k + 3)]
    for (let i = 0; i < row.length; i++)
      row[i] +=
        (Math.imul(a, rgb[p + i]) + Math.imul(b, rgb[q + i]) + Math.imul(c, rgb[r + i]) + Math.imul(d, rgb[s + i])) | 0
  }
  for (let i = 0; i < row.length; i++) row[i] >>= shift
}

/** Reduces one row of sums to the samples across it. */
function mixColumns(out: Uint8ClampedArray, to: number, row: Int32Array, left: number, across: Taps): void {
  const { first, weights, count } = across
  const shift = weightBits + rowBits
  for (let x = 0, w = 0; x < first.length; x++, to += 3) {
    let r = 1 << (shift - 1)
    let g = r
    let b = r
    for (let p = 3 * (first[x] - left), end = w + count; w < end; w++, p += 3) {
      const weight = weights[w]
      r = (r + Math.imul(weight, row[p])) | 0
      g = (g + Math.imul(weight, row[p + 1])) | 0
      b = (b + Math.imul(weight, row[p + 2])) | 0
    }
    out[to] = r >> shift
    out[to + 1] = g >> shift
    out[to + 2] = b >> shift
  }
}

/**
 * Returns what a tokenizer sees of a crop: the same square resized to side `to` (448 → 224, by Lanczos of reach 3).
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
 * Returns what a tokenizer sees of each nucleus: its box, stretched to a square (bilinear).
 * @param rgb interleaved bytes, side × side
 * @param boxes 4 per nucleus, pixels, within the picture; a box narrower than a pixel is widened to one
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

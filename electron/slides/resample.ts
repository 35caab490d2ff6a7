/** Where output pixels along one axis get their values: taps first[i] … first[i]+count[i]−1, plus white. */
interface Taps {
  readonly first: Int32Array
  readonly count: Int32Array
  /** Weights of output i start at i · stride. Together with outside[i] they sum to 1. */
  readonly weights: Float32Array
  readonly stride: number
  /** Weight of what lies outside 0 … size−1. */
  readonly outside: Float32Array
}

/**
 * Triangle filter (Pillow's BILINEAR): linear interpolation when enlarging, widened by the scale when shrinking, so
 * that no pixel is skipped. Pixel i covers i … i+1; output o covers start + o·scale … start + (o+1)·scale.
 */
function taps(start: number, extent: number, outSize: number, size: number): Taps {
  const scale = extent / outSize
  const support = Math.max(1, scale)
  const stride = Math.ceil(2 * support) + 1
  const first = new Int32Array(outSize)
  const count = new Int32Array(outSize)
  const weights = new Float32Array(outSize * stride)
  const outside = new Float32Array(outSize)
  for (let o = 0; o < outSize; o++) {
    const centre = start + (o + 0.5) * scale
    const from = Math.ceil(centre - support - 0.5)
    const to = Math.floor(centre + support - 0.5)
    const inFrom = Math.min(Math.max(from, 0), size)
    const inTo = Math.max(Math.min(to, size - 1), inFrom - 1)
    const weight = (i: number) => Math.max(0, 1 - Math.abs(i + 0.5 - centre) / support)
    let sum = 0
    for (let i = from; i <= to; i++) sum += weight(i)
    let inside = 0
    for (let i = inFrom; i <= inTo; i++) {
      const w = weight(i) / sum
      weights[o * stride + i - inFrom] = w
      inside += w
    }
    first[o] = inFrom
    count[o] = inTo - inFrom + 1
    outside[o] = Math.max(0, 1 - inside)
  }
  return { first, count, weights, stride, outside }
}

/** A span of one axis, in pixels of a level; may be fractional and may stick out of 0 … size. */
export interface Span {
  readonly start: number
  readonly extent: number
  readonly outSize: number
  readonly size: number
}

/** How a rectangle of a level becomes outWidth × outHeight pixels. */
export interface Resampling {
  /** The level's pixels that are needed, within the level; empty where the rectangle lies outside it. */
  readonly window: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  /** RGB of the window, row by row, to RGB of outWidth × outHeight; white where the rectangle is outside. */
  run(window: Uint8Array): Uint8Array
}

function windowOf(t: Taps): [start: number, length: number] {
  let start = Infinity
  let end = -Infinity
  t.first.forEach((first, o) => {
    if (t.count[o] === 0) return
    start = Math.min(start, first)
    end = Math.max(end, first + t.count[o])
  })
  return start < end ? [start, end - start] : [0, 0]
}

/** Taps with the same number for every output, all within the window; unused ones weigh nothing. */
interface EvenTaps {
  readonly taps: number
  /** Of each output's first tap, within the window. */
  readonly first: Int32Array
  /** Weights of output o start at o · taps. */
  readonly weights: Float64Array
  readonly outside: Float32Array
}

/** At least three taps where the window has them: both loops below take three at a time. */
function evenTaps(t: Taps, start: number, length: number): EvenTaps {
  const most = t.count.reduce((a, b) => Math.max(a, b), 3)
  const taps = Math.min(length, most)
  const first = t.first.map((f) => Math.max(0, Math.min(f - start, length - taps)))
  const weights = new Float64Array(first.length * taps)
  for (let o = 0; o < first.length; o++)
    for (let k = 0; k < t.count[o]; k++)
      weights[o * taps + t.first[o] - start - first[o] + k] = t.weights[o * t.stride + k]
  return { taps, first, weights, outside: t.outside }
}

export function resampling(horizontal: Span, vertical: Span): Resampling {
  const h = taps(horizontal.start, horizontal.extent, horizontal.outSize, horizontal.size)
  const v = taps(vertical.start, vertical.extent, vertical.outSize, vertical.size)
  const [x, width] = windowOf(h)
  const [y, height] = windowOf(v)
  const across = evenTaps(h, x, width)
  const down = evenTaps(v, y, height)
  const rowLength = horizontal.outSize * 3
  const run = (window: Uint8Array): Uint8Array => {
    const out = new Uint8Array(vertical.outSize * rowLength)
    // Rows are mixed before columns: bytes are read in order, and the one row of sums stays in the nearest cache.
    const row = new Float64Array(width * 3)
    for (let o = 0; o < vertical.outSize; o++) {
      mixRows(row, window, down, o)
      mixColumns(out, o * rowLength, row, across)
    }
    return out
  }
  return { window: { x, y, width, height }, run }
}

/** Output row o at the window's full width. */
function mixRows(row: Float64Array, window: Uint8Array, { taps, first, weights, outside }: EvenTaps, o: number): void {
  const length = row.length
  row.fill(255 * outside[o])
  for (let k = 0, w = o * taps; k < taps; k += 3, w += 3) {
    const second = k + 1 < taps
    const third = k + 2 < taps
    const row0 = (first[o] + k) * length
    const row1 = second ? row0 + length : row0
    const row2 = third ? row1 + length : row0
    const a = weights[w]
    const b = second ? weights[w + 1] : 0
    const c = third ? weights[w + 2] : 0
    for (let i = 0; i < length; i++) row[i] += a * window[row0 + i] + b * window[row1 + i] + c * window[row2 + i]
  }
}

/** One row narrowed to the output's width, as bytes. */
function mixColumns(out: Uint8Array, to: number, row: Float64Array, across: EvenTaps): void {
  const { taps, first, weights, outside } = across
  for (let o = 0, w = 0; o < first.length; o++, w += taps, to += 3) {
    const white = 255 * outside[o] + 0.5 // + 0.5: truncation below then rounds
    const at = first[o] * 3
    // Nearly always there are three; written out they take half the time of a loop.
    let r = white
    let g = white
    let b = white
    if (taps >= 3) {
      const w0 = weights[w]
      const w1 = weights[w + 1]
      const w2 = weights[w + 2]
      r += w0 * row[at] + w1 * row[at + 3] + w2 * row[at + 6]
      g += w0 * row[at + 1] + w1 * row[at + 4] + w2 * row[at + 7]
      b += w0 * row[at + 2] + w1 * row[at + 5] + w2 * row[at + 8]
    }
    for (let k = taps < 3 ? 0 : 3; k < taps; k++) {
      const weight = weights[w + k]
      r += weight * row[at + 3 * k]
      g += weight * row[at + 3 * k + 1]
      b += weight * row[at + 3 * k + 2]
    }
    out[to] = r
    out[to + 1] = g
    out[to + 2] = b
  }
}

/** Sources of the output pixels along one axis: input pixels first[i] … first[i] + count[i] − 1, plus white. */
interface Taps {
  readonly first: Int32Array
  readonly count: Int32Array
  /** Weights of output i start at i · stride. With outside[i] they sum to 1. */
  readonly weights: Float32Array
  readonly stride: number
  /** Weight of what is outside 0 … size − 1. */
  readonly outside: Float32Array
}

/**
 * Triangle filter (Pillow's BILINEAR): linear interpolation when enlarging; widened by the scale when shrinking, so
 * that no pixel is skipped. Pixel i covers i … i + 1; output o covers start + o·scale … start + (o + 1)·scale.
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

/** A span along one axis, in pixels of a level. It may be fractional and may extend beyond 0 … size. */
export interface Span {
  readonly start: number
  readonly extent: number
  readonly outSize: number
  readonly size: number
}

/** How to convert a rectangle of a level to outWidth × outHeight pixels. */
export interface Resampling {
  /** The pixels of the level that are needed, within the level; empty if the rectangle is outside it. */
  readonly window: {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
    /** Bytes from one row of the window to the next: the pixels, padded to whole words of four bytes. */
    readonly stride: number
  }
  /**
   * Converts RGB of the window (rows at its stride) to RGB of outWidth × outHeight; white where the rectangle is
   * outside.
   */
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

/**
 * Taps with the same number per output, all within the window. Unused taps have weight 0. Weights are whole numbers.
 */
interface EvenTaps {
  readonly taps: number
  /** First tap of each output, within the window. */
  readonly first: Int32Array
  /** Weights of output o start at o · taps. With outside[o] they sum to `one`. */
  readonly weights: Int32Array
  readonly outside: Int32Array
}

/** Uses at least three taps if the window has them: the loops below take three at a time. */
function evenTaps(t: Taps, start: number, length: number, one: number): EvenTaps {
  const most = t.count.reduce((a, b) => Math.max(a, b), 3)
  const taps = Math.min(length, most)
  const first = t.first.map((f) => Math.max(0, Math.min(f - start, length - taps)))
  const weights = new Int32Array(first.length * taps)
  const outside = new Int32Array(first.length)
  for (let o = 0; o < first.length; o++) {
    const at = o * taps + t.first[o] - start - first[o]
    let sum = t.outside[o]
    let before = (outside[o] = Math.round(one * sum))
    // Cumulative sums are rounded, not single weights, so that a uniform area keeps its value.
    for (let k = 0; k < t.count[o]; k++) {
      sum += t.weights[o * t.stride + k]
      const upTo = k === t.count[o] - 1 ? one : Math.round(one * sum)
      weights[at + k] = upTo - before
      before = upTo
    }
    if (t.count[o] === 0) outside[o] = one
  }
  return { taps, first, weights, outside }
}

/** Rows are mixed two bytes at a time, in the halves of a word: 8 bits of colour and 8 bits of weight. */
const rowBits = 8
/** Column sums stay below 2³¹: 16 bits from the rows and 14 bits of weight. */
const columnBits = 14
const halves = 0x00ff00ff
const shift = rowBits + columnBits
const half = 1 << (shift - 1)

/**
 * Prepares a resampling. It differs from exact arithmetic by at most 1 of 255, and only where neighbouring pixels are
 * black and white.
 */
export function resampling(horizontal: Span, vertical: Span): Resampling {
  const h = taps(horizontal.start, horizontal.extent, horizontal.outSize, horizontal.size)
  const v = taps(vertical.start, vertical.extent, vertical.outSize, vertical.size)
  const [x, width] = windowOf(h)
  const [y, height] = windowOf(v)
  const across = evenTaps(h, x, width, 1 << columnBits)
  const down = evenTaps(v, y, height, 1 << rowBits)
  const rowLength = horizontal.outSize * 3
  const words = Math.ceil((width * 3) / 4)
  const run = (window: Uint8Array): Uint8Array => {
    const out = new Uint8Array(vertical.outSize * rowLength)
    const packed = new Int32Array(window.buffer, window.byteOffset, words * height)
    // Rows are mixed before columns: bytes are then read in order, and the one row of sums stays in the nearest cache.
    const row = new Uint16Array(words * 4)
    for (let o = 0; o < vertical.outSize; o++) {
      mixRows(row, packed, words, down, o)
      mixColumns(out, o * rowLength, row, across)
    }
    return out
  }
  return { window: { x, y, width, height, stride: 4 * words }, run }
}

/** Mixes output row o at the window's full width, times 2^rowBits. */
function mixRows(row: Uint16Array, window: Int32Array, words: number, down: EvenTaps, o: number): void {
  const { taps, first, weights, outside } = down
  const white = Math.imul(255 * outside[o], 0x10001)
  const tap = (k: number): [start: number, weight: number] =>
    k < taps ? [(first[o] + k) * words, weights[o * taps + k]] : [0, 0]
  const [[row0, a], [row1, b], [row2, c]] = [tap(0), tap(1), tap(2)]
  for (let i = 0, to = 0; i < words; i++, to += 4) {
    const p = window[row0 + i]
    const q = window[row1 + i]
    const r = window[row2 + i]
    const even = (white + Math.imul(p & halves, a) + Math.imul(q & halves, b) + Math.imul(r & halves, c)) | 0
    const odd =
      (white + Math.imul((p >>> 8) & halves, a) + Math.imul((q >>> 8) & halves, b) + Math.imul((r >>> 8) & halves, c)) |
      0
    row[to] = even
    row[to + 1] = odd
    row[to + 2] = even >>> 16
    row[to + 3] = odd >>> 16
  }
  for (let k = 3; k < taps; k++) {
    const [start, weight] = tap(k)
    for (let i = 0, to = 0; i < words; i++, to += 4) {
      const p = window[start + i]
      row[to] += Math.imul(p & 0xff, weight)
      row[to + 1] += Math.imul((p >>> 8) & 0xff, weight)
      row[to + 2] += Math.imul((p >>> 16) & 0xff, weight)
      row[to + 3] += Math.imul(p >>> 24, weight)
    }
  }
}

/**
 * Narrows a row to the output's width, as bytes. There are nearly always three taps; written out, they take half the
 * time.
 */
function mixColumns(out: Uint8Array, to: number, row: Uint16Array, across: EvenTaps): void {
  const { taps, first, weights, outside } = across
  if (taps !== 3) return mixManyColumns(out, to, row, across)
  for (let o = 0, w = 0; o < first.length; o++, w += 3, to += 3) {
    const white = (Math.imul(255 << rowBits, outside[o]) + half) | 0
    const at = 3 * first[o]
    const a = weights[w]
    const b = weights[w + 1]
    const c = weights[w + 2]
    out[to] = (white + Math.imul(a, row[at]) + Math.imul(b, row[at + 3]) + Math.imul(c, row[at + 6])) >> shift
    out[to + 1] = (white + Math.imul(a, row[at + 1]) + Math.imul(b, row[at + 4]) + Math.imul(c, row[at + 7])) >> shift
    out[to + 2] = (white + Math.imul(a, row[at + 2]) + Math.imul(b, row[at + 5]) + Math.imul(c, row[at + 8])) >> shift
  }
}

function mixManyColumns(out: Uint8Array, to: number, row: Uint16Array, across: EvenTaps): void {
  const { taps, first, weights, outside } = across
  for (let o = 0, w = 0; o < first.length; o++, w += taps, to += 3) {
    let r = (Math.imul(255 << rowBits, outside[o]) + half) | 0
    let g = r
    let b = r
    for (let k = 0, at = 3 * first[o]; k < taps; k++, at += 3) {
      const weight = weights[w + k]
      r = (r + Math.imul(weight, row[at])) | 0
      g = (g + Math.imul(weight, row[at + 1])) | 0
      b = (b + Math.imul(weight, row[at + 2])) | 0
    }
    out[to] = r >> shift
    out[to + 1] = g >> shift
    out[to + 2] = b >> shift
  }
}

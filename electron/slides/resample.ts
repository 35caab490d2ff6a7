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

export function resampling(horizontal: Span, vertical: Span): Resampling {
  const h = taps(horizontal.start, horizontal.extent, horizontal.outSize, horizontal.size)
  const v = taps(vertical.start, vertical.extent, vertical.outSize, vertical.size)
  const [x, width] = windowOf(h)
  const [y, height] = windowOf(v)
  const outWidth = horizontal.outSize
  const outHeight = vertical.outSize
  const rowLength = outWidth * 3
  const narrowRow = (window: Uint8Array, row: number, into: Float32Array, at: number) => {
    for (let o = 0, to = at; o < outWidth; o++) {
      let r = 255 * h.outside[o]
      let g = r
      let b = r
      let w = o * h.stride
      let from = (row * width + h.first[o] - x) * 3
      for (const end = w + h.count[o]; w < end; w++, from += 3) {
        const weight = h.weights[w]
        r += weight * window[from]
        g += weight * window[from + 1]
        b += weight * window[from + 2]
      }
      into[to++] = r
      into[to++] = g
      into[to++] = b
    }
  }
  const run = (window: Uint8Array): Uint8Array => {
    const out = new Uint8Array(outHeight * rowLength)
    // Output rows need few narrowed rows at a time, moving down: a ring of them is enough.
    const ring = new Float32Array(v.stride * rowLength)
    const sum = new Float32Array(rowLength)
    let narrowed = 0
    for (let o = 0; o < outHeight; o++) {
      sum.fill(255 * v.outside[o] + 0.5) // + 0.5: truncation below then rounds
      for (let k = 0; k < v.count[o]; k++) {
        const row = v.first[o] - y + k
        const from = (row % v.stride) * rowLength
        for (; narrowed <= row; narrowed++) narrowRow(window, narrowed, ring, (narrowed % v.stride) * rowLength)
        const weight = v.weights[o * v.stride + k]
        for (let i = 0; i < rowLength; i++) sum[i] += weight * ring[from + i]
      }
      const to = o * rowLength
      for (let i = 0; i < rowLength; i++) out[to + i] = Math.min(255, sum[i])
    }
    return out
  }
  return { window: { x, y, width, height }, run }
}

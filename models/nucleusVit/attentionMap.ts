/**
 * Attention of two tokens of a crop, first [CLS] and then the chosen nucleus: [2, heads + 1, 1 + grid² + nuclei]. For
 * each of the two there is one row per head of the last block, then one row for the rollout over all blocks. A row
 * covers [CLS], the patches in row-major order, and the nuclei.
 */
export interface AttentionRows {
  /** Patches per side. */
  readonly grid: number
  readonly heads: number
  readonly rows: Float32Array
}

/** The token whose attention is shown. */
export const attentionQueries = ['nucleus', 'cls'] as const
export type AttentionQuery = (typeof attentionQueries)[number]
/** A head of the last block, counted from 0; the mean of these heads; or the rollout over all blocks. */
export type AttentionHead = number | 'mean' | 'rollout'

/**
 * Returns the attention over the patches of the crop, [grid²], row-major. Throws RangeError if there is no such head.
 */
export function attentionMap(
  { grid, heads, rows }: AttentionRows,
  query: AttentionQuery,
  head: AttentionHead,
): Float32Array {
  if (typeof head === 'number' && !(Number.isInteger(head) && head >= 0 && head < heads))
    throw new RangeError(`The model has heads 0 to ${heads - 1}; got ${head}.`)
  const tokens = rows.length / 2 / (heads + 1)
  const first = query === 'cls' ? 0 : heads + 1
  const patches = (row: number) => {
    const at = (first + row) * tokens + 1
    return rows.slice(at, at + grid * grid)
  }
  if (head === 'rollout') return patches(heads)
  if (head !== 'mean') return patches(head)
  const mean = new Float32Array(grid * grid)
  for (let h = 0; h < heads; h++) patches(h).forEach((v, k) => (mean[k] += v / heads))
  return mean
}

/**
 * Quantiles of a map at which its colour scale ends. Otherwise a few patches with very high attention would hide the
 * rest.
 */
const [lowest, highest] = [0.02, 0.99]
/** Red, green, blue and opacity from low to high: dark and faint to yellow and opaque, so that tissue shows through. */
const ramp = [
  [30, 12, 70, 0.15],
  [120, 28, 109, 0.45],
  [210, 65, 66, 0.6],
  [251, 155, 6, 0.7],
  [252, 255, 164, 0.8],
] as const

/** Returns a map as RGBA bytes, [4·grid²]. The colours span the map's own range. */
export function heatPixels(map: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const sorted = map.slice().sort()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]
  const [low, high] = [at(lowest), at(highest)]
  const pixels = new Uint8ClampedArray(4 * map.length)
  map.forEach((value, i) => {
    const t = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) * (ramp.length - 1) : 0
    const step = Math.min(ramp.length - 2, Math.floor(t))
    const part = t - step
    for (let c = 0; c < 4; c++) {
      const colour = ramp[step][c] * (1 - part) + ramp[step + 1][c] * part
      pixels[4 * i + c] = c === 3 ? 255 * colour : colour
    }
  })
  return pixels
}

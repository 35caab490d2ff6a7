import { polygonMask } from '../geometry/polygonMask.ts'
import { heatStride, rayStride } from './config.ts'
import { rayLengths } from './starShape.ts'

/** A nucleus of a crop, in crop pixels; a pixel's centre is at +0.5. */
export interface TargetNucleus {
  readonly x: number
  readonly y: number
  /** Outline, flat x, y; absent if only the position is known (a dot). */
  readonly ring?: ArrayLike<number>
}

/** What the network should predict for a crop of side S: n = S / heatStride cells per side, and m = S / rayStride. */
export interface DetectorTargets {
  /** [n, n]: 1 in the cells that hold a centre */
  readonly positive: Float32Array<ArrayBuffer>
  /** [n, n]: (1 − g)⁴, where g is a Gaussian around each centre; 0 at centres and where nothing is known */
  readonly negative: Float32Array<ArrayBuffer>
  /** [rays, m, m]: distances in pixels from the nucleus's centre, the same in all cells around it */
  readonly rays: Float32Array<ArrayBuffer>
  /**
   * [m, m]: 0 where the distances are unknown, else `typicalDistance` ÷ the mean distance, so that an error counts
   * relative to the nucleus's size, as in the overlap of outlines
   */
  readonly rayWeight: Float32Array<ArrayBuffer>
  /** Number of cells in `positive` that are 1. */
  readonly centres: number
  readonly rayCells: number
}

/** Deviation of the Gaussian around a centre, in cells: 1.5 µm, by which annotators differ. */
const centreDeviation = 1.5
const reach = 4 * centreDeviation
/** Distances are learned up to this far from a centre, pixels; peaks lie no further away. */
const rayReach = 4.5
/** Mean distance from the centre of a nucleus to its outline, pixels: 3 µm. */
export const typicalDistance = 6

/**
 * Returns CenterNet's heat map of centres (Zhou et al. 2019, "Objects as Points") and the distances to the outlines.
 * @param unknown [n, n]: 1 where it is unknown whether there is a nucleus; default: nowhere
 */
export function detectorTargets(
  nuclei: readonly TargetNucleus[],
  side: number,
  rays: number,
  unknown?: Uint8Array,
): DetectorTargets {
  const n = side / heatStride
  const heat = new Float32Array(n * n)
  const positive = new Float32Array(n * n)
  const m = side / rayStride
  const targets = new Float32Array(rays * m * m)
  const rayWeight = new Float32Array(m * m)
  const lengths = new Float32Array(rays)
  const distance = new Float32Array(m * m).fill(Infinity)
  let centres = 0
  let rayCells = 0
  for (const { x, y, ring } of nuclei) {
    const column = Math.floor(x / heatStride)
    const row = Math.floor(y / heatStride)
    for (let v = Math.max(row - reach, 0); v <= Math.min(row + reach, n - 1); v++)
      for (let u = Math.max(column - reach, 0); u <= Math.min(column + reach, n - 1); u++) {
        const [dx, dy] = [u + 0.5 - x / heatStride, v + 0.5 - y / heatStride]
        const g = Math.exp(-(dx ** 2 + dy ** 2) / (2 * centreDeviation ** 2))
        if (g > heat[v * n + u]) heat[v * n + u] = g
      }
    if (column < 0 || row < 0 || column >= n || row >= n) continue
    if (positive[row * n + column] === 0) centres++
    positive[row * n + column] = 1
    if (!ring || !rayLengths(ring, x, y, lengths)) continue
    const weight = (typicalDistance * rays) / lengths.reduce((total, length) => total + length, 0)
    // The peak may be found beside the centre, so distances are learned in the cells around it as well.
    const [rayColumn, rayRow] = [Math.floor(x / rayStride), Math.floor(y / rayStride)]
    for (let v = Math.max(rayRow - 1, 0); v <= Math.min(rayRow + 1, m - 1); v++)
      for (let u = Math.max(rayColumn - 1, 0); u <= Math.min(rayColumn + 1, m - 1); u++) {
        const [cx, cy] = [(u + 0.5) * rayStride, (v + 0.5) * rayStride]
        const squared = (cx - x) ** 2 + (cy - y) ** 2
        const cell = v * m + u
        if (squared > rayReach ** 2 || squared >= distance[cell]) continue
        lengths.forEach((length, k) => (targets[k * m * m + cell] = length))
        distance[cell] = squared
        if (rayWeight[cell] === 0) rayCells++
        rayWeight[cell] = weight
      }
  }
  const negative = heat
  for (let i = 0; i < heat.length; i++) negative[i] = positive[i] === 1 ? 0 : (1 - heat[i]) ** 4
  unknown?.forEach((is, i) => is && (negative[i] = 0))
  return { positive, negative, rays: targets, rayWeight, centres, rayCells }
}

/** Returns the cells [n, n] whose centre lies in one of the outlines, which are in crop pixels. */
export function cellsIn(outlines: readonly ArrayLike<number>[], side: number): Uint8Array {
  const n = side / heatStride
  const cells = new Uint8Array(n * n)
  for (const outline of outlines) {
    const inside = polygonMask(
      Array.from(outline, (v) => v / heatStride),
      { x: 0, y: 0, width: n, height: n },
    )
    inside.forEach((is, i) => is && (cells[i] = 1))
  }
  return cells
}

import type { ComponentTree } from './componentTree.ts'

/** What the candidates are measured on; all images width × height, at `mpp` µm per pixel. */
export interface Layers {
  readonly width: number
  readonly height: number
  readonly mpp: number
  /** Nuclear density in units of the slide's own strength (slideStains.ts), sharpened: the tree's image. */
  readonly nuclear: Float32Array
  /** Mean nuclear density over the surroundings, once near and once far. */
  readonly near: Float32Array
  readonly far: Float32Array
  /** Nuclear density, neither smoothed nor sharpened, for texture. */
  readonly density: Float32Array
  readonly eosin: Float32Array
  readonly residual: Float32Array
}

/** Names of the measurements, in the order of each candidate's row. */
export const featureNames = [
  'log area',
  'roundness',
  'ellipse fit',
  'compactness',
  'level',
  'mean above level',
  'mean above near surroundings',
  'level above far surroundings',
  'growth 2 levels down',
  'growth 6 levels down',
  'peaks',
  'smaller lobe',
  'texture',
  'eosin',
  'residual',
  'share of parent',
] as const
export const featureCount = featureNames.length

/** Candidates: nodes of the tree with a nucleus' size, and their measurements. */
export interface Candidates {
  /** Node of each candidate, rising: parents before children. */
  readonly node: Int32Array
  /** candidates × featureCount */
  readonly features: Float32Array
  /** Pixels of every node of the tree (not only of candidates). */
  readonly area: Int32Array
}

/** Smallest and largest nucleus considered, µm². A small lymphocyte's section has about 15, a large tumour nucleus 250. */
export const areaLimits = { least: 3.5, most: 300 } as const

/** A lobe counts as one when it rises this many levels above the place where it joins another. */
const lobeHeight = 4

/** Measures all nodes of nucleus size in one pass over the pixels and one over the nodes. */
export function measureCandidates(tree: ComponentTree, layers: Layers, levelStep: number, floor: number): Candidates {
  const { nodes, parent, level, nodeOf } = tree
  const { width, mpp } = layers
  const area = new Int32Array(nodes)
  const perimeter = new Int32Array(nodes)
  const peak = new Uint8Array(nodes)
  const peaks = new Int32Array(nodes)
  const lobe = new Int32Array(nodes) // pixels of the largest "smaller side" of any joining below
  const largest = new Int32Array(nodes) // largest child's pixels
  // x, y, xx, yy, xy, nuclear, near, far, h, hh, eosin, residual
  const sumCount = 12
  const sums = new Float64Array(nodes * sumCount)
  for (let p = 0; p < nodeOf.length; p++) {
    const n = nodeOf[p]
    if (n < 0) continue
    const x = p % width
    const y = (p - x) / width
    area[n]++
    perimeter[n] += tree.sides[p]
    const s = n * sumCount
    const h = layers.density[p]
    sums[s] += x
    sums[s + 1] += y
    sums[s + 2] += x * x
    sums[s + 3] += y * y
    sums[s + 4] += x * y
    sums[s + 5] += layers.nuclear[p]
    sums[s + 6] += layers.near[p]
    sums[s + 7] += layers.far[p]
    sums[s + 8] += h
    sums[s + 9] += h * h
    sums[s + 10] += layers.eosin[p]
    sums[s + 11] += layers.residual[p]
  }
  for (let n = nodes - 1; n >= 0; n--) {
    peak[n] = Math.max(peak[n], level[n])
    peaks[n] = Math.max(peaks[n], 1)
    const p = parent[n]
    if (p < 0) continue
    area[p] += area[n]
    perimeter[p] += perimeter[n]
    for (let k = 0; k < sumCount; k++) sums[p * sumCount + k] += sums[n * sumCount + k]
    peak[p] = Math.max(peak[p], peak[n])
    lobe[p] = Math.max(lobe[p], lobe[n])
    if (peak[n] - level[p] >= lobeHeight) {
      peaks[p] += peaks[n]
      if (largest[p]) lobe[p] = Math.max(lobe[p], Math.min(largest[p], area[n]))
      largest[p] = Math.max(largest[p], area[n])
    }
  }

  const least = areaLimits.least / mpp ** 2
  const most = areaLimits.most / mpp ** 2
  let count = 0
  for (let n = 0; n < nodes; n++) if (area[n] >= least && area[n] <= most) count++
  const node = new Int32Array(count)
  const features = new Float32Array(count * featureCount)
  /**
   * Area of the region around node n when the threshold falls by `steps`; no more than `most`, because beyond it a
   * region may be cut by the edge of the picture and the measurement would depend on where that is.
   */
  const grown = (n: number, steps: number): number => {
    let m = n
    while (parent[m] >= 0 && level[parent[m]] >= level[n] - steps && area[m] < most) m = parent[m]
    return Math.min(area[m], most)
  }
  for (let n = 0, c = 0; n < nodes; n++) {
    if (area[n] < least || area[n] > most) continue
    node[c] = n
    const f = c * featureCount
    const s = n * sumCount
    const a = area[n]
    const mx = sums[s] / a
    const my = sums[s + 1] / a
    const vx = sums[s + 2] / a - mx * mx + 1 / 12
    const vy = sums[s + 3] / a - my * my + 1 / 12
    const vxy = sums[s + 4] / a - mx * my
    const determinant = Math.max(vx * vy - vxy * vxy, 1e-6)
    const half = (vx + vy) / 2
    const spread = Math.sqrt(Math.max(half * half - determinant, 0))
    const mean = sums[s + 5] / a
    const threshold = floor + level[n] * levelStep
    const h = sums[s + 8] / a
    features[f] = Math.log(a * mpp * mpp)
    features[f + 1] = Math.sqrt((half - spread) / (half + spread))
    features[f + 2] = a / (4 * Math.PI * Math.sqrt(determinant))
    features[f + 3] = (4 * Math.PI * a) / ((perimeter[n] * Math.PI) / 4) ** 2
    features[f + 4] = threshold
    features[f + 5] = mean - threshold
    features[f + 6] = mean - sums[s + 6] / a
    features[f + 7] = threshold - sums[s + 7] / a
    features[f + 8] = Math.log(grown(n, 2) / a)
    features[f + 9] = Math.log(grown(n, 6) / a)
    features[f + 10] = Math.min(peaks[n], 6)
    features[f + 11] = lobe[n] / a
    features[f + 12] = Math.sqrt(Math.max(sums[s + 9] / a - h * h, 0))
    features[f + 13] = sums[s + 10] / a
    features[f + 14] = sums[s + 11] / a
    features[f + 15] = parent[n] < 0 ? 0 : a / Math.min(area[parent[n]], most)
    c++
  }
  return { node, features, area }
}

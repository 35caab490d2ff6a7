import { findCandidates, settings } from './candidates.ts'
import type { ComponentTree } from './componentTree.ts'
import { featureCount, featureNames } from './features.ts'
import { scoreRows } from './network.ts'
import { convexHull, pixelsInConvex, polygonArea } from './hull.ts'
import { perimeterOf, resampled, smoothed, traceContour } from './outline.ts'
import { selectNested } from './select.ts'
import type { SlideStains } from './slideStains.ts'
import { scoreThreshold, scoreWeights } from './weights.ts'

/** One nucleus in the pixels of the image it was found in. */
export interface DetectedNucleus {
  /** Centre of its pixels (exact sums, so every picture that holds the whole nucleus says the same). */
  readonly x: number
  readonly y: number
  /** Closed outline x, y, x, y…, not repeated at the end. */
  readonly outline: Float64Array
}

/** Distance of outline points in µm and their number at least and at most. */
const outlinePoints = { every: 0.9, least: 12, most: 30 } as const

/**
 * Green and blue marking ink takes red light but lets green pass, which comes out as negative eosin. Below this share of
 * the density it is ink: the ink of CMU-1 has −0.48 to −0.27 (5th to 95th percentile of its pixels), and of 11,756 true
 * nuclei of CoNSeP's training tiles none is below −0.2, one in a thousand below 0.01.
 */
const inkShare = -0.2

/** A nucleus is denser than what lies around it; a patch of plain tissue left between nuclei is not. Slide strengths. */
const leastContrast = 0.05

/**
 * Finds nuclei in pixels (interleaved RGB, `mpp` µm per pixel, near 0.5; see grid.ts). Every threshold offers its
 * connected regions; a small network says how much each looks like one whole nucleus; of the nested ones the best set
 * is taken. So a pale nucleus gets a low threshold, a clump one high enough to fall apart, and none overlap.
 */
export function detectNuclei(
  rgb: Uint8Array,
  width: number,
  height: number,
  mpp: number,
  stains: SlideStains,
): DetectedNucleus[] {
  const { layers, tree, candidates } = findCandidates(rgb, width, height, mpp, stains)
  const value = scoreRows(scoreWeights, candidates.features)
  const density = featureNames.indexOf('level')
  const above = featureNames.indexOf('mean above level')
  const eosin = featureNames.indexOf('eosin')
  const contrast = featureNames.indexOf('mean above near surroundings')
  for (let c = 0; c < value.length; c++) {
    const row = candidates.features.subarray(c * featureCount, (c + 1) * featureCount)
    const isInk = row[eosin] < inkShare * (row[density] + row[above])
    const isGap = row[contrast] <= leastContrast
    value[c] = isInk || isGap ? 0 : value[c] - scoreThreshold
  }
  const chosen = selectNested(tree, candidates.node, value)
  const regions = regionsOf(tree, chosen, width)
  const owner = regions.owner
  return Array.from(chosen, (node, i) => {
    const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && owner[y * width + x] === i
    const valueAt = (x: number, y: number) =>
      x >= 0 && y >= 0 && x < width && y < height ? layers.nuclear[y * width + x] : -Infinity
    const first = { x: regions.first[i] % width, y: Math.floor(regions.first[i] / width) }
    const contour = traceContour(inside, first, valueAt, settings.floor + tree.level[node] * settings.levelStep)
    const wished = Math.round((perimeterOf(contour) * mpp) / outlinePoints.every)
    const count = Math.min(Math.max(wished, outlinePoints.least), outlinePoints.most)
    const outline = resampled(smoothed(contour), count)
    const otherAt = (px: number, py: number) => {
      const other = owner[py * width + px]
      return other === i ? -1 : other
    }
    return { x: regions.x[i], y: regions.y[i], outline: withoutBay(outline, otherAt, regions.count) }
  })
}

/**
 * A pale nucleus with a dark rim comes out as a crescent. Nuclei are convex as a rule: where the outline fills less than
 * `leastSolidity` of its convex hull, the hull is taken, unless another nucleus lies in the bay (`otherAt`
 * gives the other nucleus at a pixel or −1, `pixelsOf` the pixels each has). On CoNSeP's training
 * tiles 5,029 instead of 4,583 outlines then overlap a true one by half.
 */
export function withoutBay(
  outline: Float64Array,
  otherAt: (x: number, y: number) => number,
  pixelsOf: ArrayLike<number>,
): Float64Array {
  const hull = convexHull(outline)
  const area = polygonArea(hull)
  if (polygonArea(outline) >= leastSolidity * area) return outline
  const swallowed = new Map<number, number>()
  pixelsInConvex(hull, (x, y) => {
    const other = otherAt(x, y)
    if (other >= 0) swallowed.set(other, (swallowed.get(other) ?? 0) + 1)
  })
  for (const [other, pixels] of swallowed) if (pixels > mostSwallowed * pixelsOf[other]) return outline
  const count = outline.length / 2
  return resampled(smoothed(resampled(hull, 2 * count)), count)
}
const leastSolidity = 0.9
/** Share of another nucleus that a hull may cover. */
const mostSwallowed = 0.25

/** Which chosen node each pixel belongs to (−1 none), the first pixel of each, and the centre of its pixels. */
export function regionsOf(tree: ComponentTree, chosen: Int32Array, width: number) {
  const of = new Int32Array(tree.nodes).fill(-1)
  chosen.forEach((n, i) => (of[n] = i))
  for (let n = 0; n < tree.nodes; n++) if (of[n] < 0 && tree.parent[n] >= 0) of[n] = of[tree.parent[n]]
  const owner = new Int32Array(tree.nodeOf.length).fill(-1)
  const first = new Int32Array(chosen.length).fill(-1)
  const count = new Int32Array(chosen.length)
  const x = new Float64Array(chosen.length)
  const y = new Float64Array(chosen.length)
  for (let p = 0; p < owner.length; p++) {
    const n = tree.nodeOf[p]
    const i = n < 0 ? -1 : of[n]
    if (i < 0) continue
    owner[p] = i
    if (first[i] < 0) first[i] = p
    count[i]++
    x[i] += p % width
    y[i] += Math.floor(p / width)
  }
  for (let i = 0; i < chosen.length; i++) {
    x[i] = x[i] / count[i] + 0.5
    y[i] = y[i] / count[i] + 0.5
  }
  return { owner, first, count, x, y }
}

import { matchCentroids } from './matchCentroids.ts'

/** The counts of one image. Counts of several images add up, and the sum is scored like one image. */
export interface NucleusCounts {
  /** [classes, classes + 1]: nuclei of true class t predicted as p; last column: predicted as none of the classes. */
  readonly calls: Float64Array
  /** Detections predicted as class c that match no true nucleus (FPd of class c). */
  readonly spurious: Float64Array
  /** True nuclei of class c that no detection matches (FNd of class c). */
  readonly missed: Float64Array
  /** Detection regardless of class: matched pairs, unmatched true nuclei, unmatched detections. */
  readonly detection: Float64Array
}

export const noCounts = (classes: number): NucleusCounts => ({
  calls: new Float64Array(classes * (classes + 1)),
  spurious: new Float64Array(classes),
  missed: new Float64Array(classes),
  detection: new Float64Array(3),
})

/**
 * Adds predictions for given nuclei. Nuclei without a true class (−1) are not scored; a prediction of −1 is none of the
 * classes.
 */
export function countCalls(
  { calls, missed }: NucleusCounts,
  truth: ArrayLike<number>,
  called: ArrayLike<number>,
): void {
  if (truth.length !== called.length)
    throw new Error(`Truth and prediction must be of the same nuclei; got ${truth.length} and ${called.length}.`)
  const classes = missed.length
  for (let i = 0; i < truth.length; i++)
    if (truth[i] >= 0) calls[truth[i] * (classes + 1) + (called[i] < 0 ? classes : called[i])]++
}

/** Metric A of one image: classes predicted for the given nuclei. */
export function givenCounts(truth: ArrayLike<number>, called: ArrayLike<number>, classes: number): NucleusCounts {
  const counts = noCounts(classes)
  countCalls(counts, truth, called)
  return counts
}

/** Nuclei as points with classes (−1 = none); flat x, y. */
export interface ClassedPoints {
  readonly centroids: ArrayLike<number>
  readonly classIndex: ArrayLike<number>
}

/** Matching radius, µm: 12 px at 40× (as in HoVer-Net's evaluation). */
export const matchingRadius = 3

/**
 * Metrics B and C of one image. Detections are matched one-to-one to true nuclei whose centroid is within `radius`
 * pixels. A detection matched to a true nucleus without a class counts for detection only.
 */
export function detectedCounts(
  truth: ClassedPoints,
  found: ClassedPoints,
  radius: number,
  classes: number,
): NucleusCounts {
  const counts = noCounts(classes)
  const { pairs } = matchCentroids(truth.centroids, found.centroids, radius)
  countCalls(
    counts,
    pairs.map(([t]) => truth.classIndex[t]),
    pairs.map(([, f]) => found.classIndex[f]),
  )
  const [matchedTruth, matchedFound] = [new Set(pairs.map(([t]) => t)), new Set(pairs.map(([, f]) => f))]
  const alone = ({ classIndex }: ClassedPoints, matched: Set<number>, into: Float64Array) => {
    for (let i = 0; i < classIndex.length; i++) if (!matched.has(i) && classIndex[i] >= 0) into[classIndex[i]]++
  }
  alone(truth, matchedTruth, counts.missed)
  alone(found, matchedFound, counts.spurious)
  counts.detection.set([pairs.length, truth.classIndex.length - pairs.length, found.classIndex.length - pairs.length])
  return counts
}

/** Returns the sum of the counts at `index` (default: all). */
export function totalCounts(images: readonly NucleusCounts[], index?: ArrayLike<number>): NucleusCounts {
  const total = noCounts(images[0].missed.length)
  const keys = ['calls', 'spurious', 'missed', 'detection'] as const
  for (let k = 0; k < (index ?? images).length; k++) {
    const image = images[index ? index[k] : k]
    for (const key of keys) for (let i = 0; i < total[key].length; i++) total[key][i] += image[key][i]
  }
  return total
}

import { scoreOfCalls } from './classification.ts'
import type { NucleusCounts } from './counts.ts'
import type { Numbers } from './countIntervals.ts'
import { jointScore } from './joint.ts'

export const metrics = ['A', 'B', 'C'] as const
/**
 * A = classes of given nuclei; B = classes of detections matched to true nuclei; C = detection and classification
 * together. These are three different questions: their numbers must never be compared with each other.
 */
export type Metric = (typeof metrics)[number]
export const metricName: Record<Metric, string> = {
  A: 'given nuclei',
  B: 'detections matched to true nuclei',
  C: 'detection and classification together, F_c',
}

/** Returns a metric's numbers by name; "f1:neoplastic" for a class. */
export function numbersOf(metric: Metric, total: NucleusCounts, names: readonly string[]): Numbers {
  if (metric === 'C') {
    const { detection, macroF1, classes } = jointScore(total, names)
    return {
      detectionF1: detection.f1,
      macroF1,
      ...Object.fromEntries(classes.map(({ name, f1 }) => [`f1:${name}`, f1])),
    }
  }
  const { accuracy, weightedF1, macroF1, classes } = scoreOfCalls(total, names)
  return {
    accuracy,
    weightedF1,
    macroF1,
    ...Object.fromEntries(
      classes.flatMap((c) => [[`f1:${c.name}`, c.f1] as const, [`jaccard:${c.name}`, c.jaccard] as const]),
    ),
  }
}

/** Returns the smallest cosine between corresponding rows of two matrices [n, width]; 1 if there are no rows. */
export function smallestCosine(a: Float32Array, b: Float32Array, width: number): number {
  let smallest = 1
  for (let row = 0; row < a.length; row += width) {
    let [ab, aa, bb] = [0, 0, 0]
    for (let k = row; k < row + width; k++) {
      ab += a[k] * b[k]
      aa += a[k] * a[k]
      bb += b[k] * b[k]
    }
    smallest = Math.min(smallest, ab / Math.sqrt(aa * bb))
  }
  return smallest
}

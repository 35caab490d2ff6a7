import type { Value } from '../graph/graph.ts'
import { mul, neg } from '../ops/elementwise.ts'
import { logSoftmax, sum } from '../ops/reduce.ts'

/**
 * Cross-entropy Σᵢ −Σ_c tᵢ_c · log softmax(logits)ᵢ_c. The targets carry everything else: one row of zeros leaves a
 * nucleus out, rows scaled by 1/count make a mean, by class weights a weighted one, off-class mass is label smoothing.
 * @param logits [N, C]
 * @param targets [N, C]
 */
export const crossEntropy = (logits: Value, targets: Value): Value => neg(sum(mul(logSoftmax(logits), targets)))

export interface TargetOptions {
  readonly classes: number
  /** Mass spread over all classes (Szegedy et al. 2016). */
  readonly smoothing?: number
  /** Weight of each class; all 1 where absent. */
  readonly classWeights?: readonly number[]
}

/**
 * Rows of targets for crossEntropy.
 * @param labels class of each nucleus, −1 = not labelled
 * @param total what the rows are divided by, so that gradients of several crops add up to one mean
 */
export function targets(
  labels: ArrayLike<number>,
  total: number,
  { classes, smoothing = 0, classWeights }: TargetOptions,
): Float32Array {
  const rows = new Float32Array(labels.length * classes)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]
    if (label < 0) continue
    const weight = (classWeights?.[label] ?? 1) / total
    for (let c = 0; c < classes; c++)
      rows[i * classes + c] = weight * ((c === label ? 1 - smoothing : 0) + smoothing / classes)
  }
  return rows
}

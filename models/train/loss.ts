import type { Value } from '../graph/graph.ts'
import { mul, neg } from '../ops/elementwise.ts'
import { logSoftmax, sum } from '../ops/reduce.ts'

/**
 * Cross-entropy Σᵢ −Σ_c tᵢ_c · log softmax(logits)ᵢ_c. The targets do the rest: a row of zeros leaves a nucleus out;
 * rows scaled by 1/count give a mean, scaled by class weights a weighted mean; mass on other classes is label
 * smoothing.
 * @param logits [N, C]
 * @param targets [N, C]
 */
export const crossEntropy = (logits: Value, targets: Value): Value => neg(sum(mul(logSoftmax(logits), targets)))

export interface TargetOptions {
  readonly classes: number
  /** Probability mass spread over all classes (Szegedy et al. 2016). */
  readonly smoothing?: number
  /** Weight of each class; default: all 1. */
  readonly classWeights?: readonly number[]
}

/**
 * Returns rows of targets for crossEntropy.
 * @param labels class of each nucleus, −1 = not labelled
 * @param total number by which the rows are divided, so that the gradients of several crops add up to one mean
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

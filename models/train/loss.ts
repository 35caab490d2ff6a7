import type { Value } from '../graph/graph.ts'
import { add, mul, neg } from '../ops/elementwise.ts'
import { logSoftmax, sum } from '../ops/reduce.ts'

/**
 * Cross-entropy Σᵢ −Σ_c tᵢ_c · log softmax(logits)ᵢ_c. The targets do the rest: a row of zeros leaves a nucleus out;
 * rows scaled by 1/count give a mean, scaled by class weights a weighted mean; mass on other classes is label
 * smoothing.
 * @param logits [N, C]
 * @param targets [N, C]
 * @param excluded [C] or [N, C] from excludedClasses: classes that take no part in the softmax; none if absent
 */
export const crossEntropy = (logits: Value, targets: Value, excluded?: Value): Value =>
  neg(sum(mul(logSoftmax(excluded ? add(logits, excluded) : logits), targets)))

/**
 * Added to the logit of an excluded class. So low that the class's probability is exactly 0 in float32, and with it the
 * gradient of its logit; and not −∞, which times a target of 0 would be NaN.
 */
export const excludedLogit = -1e4

/**
 * Returns what crossEntropy adds to the logits of a nucleus whose data set tells only the classes `known` apart (all if
 * absent): that it is none of the others was never decided by anyone, so they must not learn from it.
 */
export function excludedClasses(classes: number, known?: readonly number[]): Float32Array {
  const row = new Float32Array(classes)
  if (!known) return row
  row.fill(excludedLogit)
  for (const c of known) row[c] = 0
  return row
}

export interface TargetOptions {
  readonly classes: number
  /** Probability mass spread over all classes (Szegedy et al. 2016). */
  readonly smoothing?: number
  /** Weight of each class; default: all 1. */
  readonly classWeights?: readonly number[]
  /** The classes that take part (see excludedClasses), among which smoothing is spread; all if absent. */
  readonly known?: readonly number[]
}

/**
 * Returns rows of targets for crossEntropy.
 * @param labels class of each nucleus, −1 = not labelled
 * @param total number by which the rows are divided, so that the gradients of several crops add up to one mean
 */
export function targets(
  labels: ArrayLike<number>,
  total: number,
  { classes, smoothing = 0, classWeights, known = Array.from({ length: classes }, (_, c) => c) }: TargetOptions,
): Float32Array {
  const rows = new Float32Array(labels.length * classes)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]
    if (label < 0) continue
    if (!known.includes(label)) throw new Error(`A nucleus has class ${label}, which its data set does not know.`)
    const weight = (classWeights?.[label] ?? 1) / total
    for (const c of known)
      rows[i * classes + c] = weight * ((c === label ? 1 - smoothing : 0) + smoothing / known.length)
  }
  return rows
}

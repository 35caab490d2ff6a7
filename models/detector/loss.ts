import type { Value } from '../graph/graph.ts'
import { add, mul, neg, sigmoid, softplus, square, sub } from '../ops/elementwise.ts'
import { sum } from '../ops/reduce.ts'
import { cellSize } from './config.ts'
import type { DetectorOutput } from './decoder.ts'

/** Weight in the loss of the mean over cells of what lies inside nuclei, relative to the mean over centres. */
const insideShare = 6

/**
 * Loss of a batch of crops. Adds these inputs to the graph: positive, negative, inside, known, [B, 1, S/2, S/2] each, as
 * `detectorTargets` makes them; per_centre and per_known [], 1 ÷ the number of centres and of known cells in all crops
 * of a step.
 *
 * Heat: Σ positive·(1 − p)²·(−ln p) + negative·p²·(−ln(1 − p)), the focal loss of CornerNet and CenterNet (Law & Deng
 * 2018), on logits x: −ln p = softplus(−x), −ln(1 − p) = softplus(x). Inside: Σ known·cross-entropy.
 */
export function detectorLoss({ heat, inside }: DetectorOutput, side: number): Value {
  const { graph } = heat
  const map = (name: string) => graph.input(name, [heat.shape[0], 1, side / cellSize, side / cellSize])
  const p = sigmoid(heat)
  const missed = mul(mul(map('positive'), square(sub(graph.scalar(1), p))), softplus(neg(heat)))
  const invented = mul(mul(map('negative'), square(p)), softplus(heat))
  const heatLoss = mul(add(sum(missed), sum(invented)), graph.input('per_centre', []))
  const share = map('inside')
  const entropy = add(mul(share, softplus(neg(inside))), mul(sub(graph.scalar(1), share), softplus(inside)))
  const insideLoss = mul(sum(mul(entropy, map('known'))), graph.input('per_known', []))
  return add(heatLoss, mul(insideLoss, graph.scalar(insideShare)))
}

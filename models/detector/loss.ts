import type { Value } from '../graph/graph.ts'
import { abs, add, mul, neg, sigmoid, softplus, square, sub } from '../ops/elementwise.ts'
import { sum } from '../ops/reduce.ts'
import { heatStride, rayStride, type DetectorConfig } from './config.ts'
import type { DetectorOutput } from './decoder.ts'

/** Weight in the loss of one pixel of ray error of a typical nucleus, relative to the heat of one centre. */
const rayShare = 1

/**
 * Loss of a batch of crops. Adds these inputs to the graph: positive, negative [B, 1, S/2, S/2], rays [B, R, S/4, S/4]
 * and ray_weight [B, 1, S/4, S/4], as `detectorTargets` makes them; per_centre and per_ray [], 1 ÷ the number of
 * centres and of distances in all crops of a step.
 *
 * Heat: Σ positive·(1 − p)²·(−ln p) + negative·p²·(−ln(1 − p)), the focal loss of CornerNet and CenterNet (Law & Deng
 * 2018), on logits x: −ln p = softplus(−x), −ln(1 − p) = softplus(x). Distances: their mean absolute error, weighted.
 */
export function detectorLoss({ heat, rays }: DetectorOutput, config: DetectorConfig, side: number): Value {
  const { graph } = heat
  const map = (name: string, channels: number, stride: number) =>
    graph.input(name, [heat.shape[0], channels, side / stride, side / stride])
  const p = sigmoid(heat)
  const missed = mul(mul(map('positive', 1, heatStride), square(sub(graph.scalar(1), p))), softplus(neg(heat)))
  const invented = mul(mul(map('negative', 1, heatStride), square(p)), softplus(heat))
  const heatLoss = mul(add(sum(missed), sum(invented)), graph.input('per_centre', []))
  const errors = mul(abs(sub(rays, map('rays', config.rays, rayStride))), map('ray_weight', 1, rayStride))
  const rayLoss = mul(sum(errors), mul(graph.input('per_ray', []), graph.scalar(rayShare)))
  return add(heatLoss, rayLoss)
}

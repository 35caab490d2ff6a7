import type { Value } from '../graph/graph.ts'
import { abs, add, mul, neg, sigmoid, softplus, square, sub } from '../ops/elementwise.ts'
import { sum } from '../ops/reduce.ts'
import { outputStride, type DetectorConfig } from './config.ts'
import type { DetectorOutput } from './decoder.ts'

/** A pixel of a distance counts so much against one centre's heat. */
const rayShare = 0.1

/**
 * Loss of a batch of crops. Inputs of the graph, beside those of the network, with n cells along a crop's side:
 * positive, negative [B, 1, n, n], rays [B, R, n, n], ray_weight [B, 1, n, n] as `detectorTargets` makes them, and
 * per_centre and per_ray [], 1 over the number of centres and of distances in all crops of a step.
 *
 * Heat: Σ positive·(1 − p)²·(−ln p) + negative·p²·(−ln(1 − p)), the focal loss of CornerNet and CenterNet (Law & Deng 2018),
 * on logits x: −ln p = softplus(−x), −ln(1 − p) = softplus(x). Distances: their mean absolute error.
 */
export function detectorLoss({ heat, rays }: DetectorOutput, config: DetectorConfig, side: number): Value {
  const { graph } = heat
  const n = side / outputStride
  const map = (name: string, channels: number) => graph.input(name, ['B', channels, n, n])
  const p = sigmoid(heat)
  const missed = mul(mul(map('positive', 1), square(sub(graph.scalar(1), p))), softplus(neg(heat)))
  const invented = mul(mul(map('negative', 1), square(p)), softplus(heat))
  const heatLoss = mul(add(sum(missed), sum(invented)), graph.input('per_centre', []))
  const errors = mul(abs(sub(rays, map('rays', config.rays))), map('ray_weight', 1))
  const rayLoss = mul(sum(errors), mul(graph.input('per_ray', []), graph.scalar(rayShare)))
  return add(heatLoss, rayLoss)
}

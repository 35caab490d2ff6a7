import type { Value } from '../graph/graph.ts'
import { groupNorm } from '../ops/groupNorm.ts'
import { layerNorm } from '../ops/reduce.ts'

/** LayerNorm over the last axis with parameters `name.weight` and `name.bias`. */
export function norm(x: Value, name: string, epsilon: number): Value {
  const width = x.shape[x.shape.length - 1]
  return x.graph.scope(name, () =>
    layerNorm(x, x.graph.parameter('weight', [width]), x.graph.parameter('bias', [width]), epsilon),
  )
}

/** GroupNorm of an image [B, C, H, W] with parameters `name.weight` and `name.bias`, [C]. */
export function imageNorm(x: Value, name: string, groups: number, epsilon?: number): Value {
  const channels = x.shape[1]
  return x.graph.scope(name, () =>
    groupNorm(x, x.graph.parameter('weight', [channels]), x.graph.parameter('bias', [channels]), groups, epsilon),
  )
}

import type { Value } from '../graph/graph.ts'
import { add, mul } from '../ops/elementwise.ts'
import { gemm } from '../ops/linear.ts'
import { linear } from './linear.ts'

export interface LoraOptions {
  /** r: width of the bottleneck. */
  readonly rank: number
  /** α: the update counts α/r, so that r can change without the learning rate. */
  readonly alpha: number
}

/**
 * The low-rank update of a linear layer: (x·Aᵀ)·Bᵀ·α/r with parameters `name.lora_a` [r, in] and `name.lora_b` [out, r]
 * (Hu et al. 2022). B starts at zero, so that training starts from the layer as it is.
 * @param x [rows, in]
 * @returns [rows, out], to be added to the layer's value
 */
export function loraUpdate(x: Value, name: string, out: number, { rank, alpha }: LoraOptions): Value {
  const { graph } = x
  return graph.scope(name, () => {
    const narrow = gemm(x, graph.parameter('lora_a', [rank, x.shape[1]]), { transB: true })
    return mul(gemm(narrow, graph.parameter('lora_b', [out, rank]), { transB: true }), graph.scalar(alpha / rank))
  })
}

/** y = x·Wᵀ + b + (x·Aᵀ)·Bᵀ·α/r: a linear layer with its low-rank update. x: [rows, in] → [rows, out] */
export const loraLinear = (x: Value, name: string, out: number, options: LoraOptions): Value =>
  add(linear(x, name, out), loraUpdate(x, name, out, options))

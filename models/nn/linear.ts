import type { Value } from '../graph/graph.ts'
import { gemm } from '../ops/linear.ts'

/** y = x·Wᵀ + b with parameters `name.weight` [out, in] and `name.bias` [out]. x: [rows, in] → [rows, out]. */
export function linear(x: Value, name: string, out: number): Value {
  return x.graph.scope(name, () =>
    gemm(x, x.graph.parameter('weight', [out, x.shape[1]]), {
      transB: true,
      bias: x.graph.parameter('bias', [out]),
    }),
  )
}

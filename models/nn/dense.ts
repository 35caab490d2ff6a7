import type { Value } from '../graph/graph.ts'
import { add } from '../ops/elementwise.ts'
import { int8MatMul } from '../ops/int8.ts'
import { gemm } from '../ops/linear.ts'
import { loraUpdate, type LoraOptions } from './lora.ts'

/**
 * How a block's linear layer is computed: y = x·Wᵀ + b with W the parameter `name.weight` [out, in].
 * x: [rows, in], bias: [out] → [rows, out].
 */
export type Dense = (x: Value, name: string, out: number, bias: Value) => Value

/** Full precision, W trainable. */
export const plainDense: Dense = (x, name, out, bias) =>
  gemm(x, x.graph.parameter(`${name}.weight`, [out, x.shape[1]]), { transB: true, bias })

/** W with a low-rank update (nn/lora.ts). */
export const loraDense =
  (options: LoraOptions): Dense =>
  (x, name, out, bias) =>
    add(plainDense(x, name, out, bias), loraUpdate(x, name, out, options))

/**
 * 8 bits: W is given as `name.weight.int8` [in, out] with one `name.weight.scale` per column, and x is quantised at
 * each run. For encoding only.
 */
export const int8Dense: Dense = (x, name, out, bias) => {
  const { graph } = x
  const scope = graph.scopeName ? `${graph.scopeName}.` : ''
  const weight = graph.input(`${scope}${name}.weight.int8`, [x.shape[1], out], 'int8')
  const scale = graph.input(`${scope}${name}.weight.scale`, [out])
  return int8MatMul(x, weight, scale, bias)
}

/**
 * Returns weights [out, in] in the form int8Dense takes: transposed, and each output rounded to ±127 steps of its own
 * scale.
 */
export function quantiseWeights(weight: Float32Array, out: number): { int8: Int8Array; scale: Float32Array } {
  const width = weight.length / out
  const int8 = new Int8Array(weight.length)
  const scale = new Float32Array(out)
  for (let o = 0; o < out; o++) {
    let largest = 0
    for (let i = 0; i < width; i++) largest = Math.max(largest, Math.abs(weight[o * width + i]))
    scale[o] = largest / 127 || 1
    for (let i = 0; i < width; i++) int8[i * out + o] = Math.round(weight[o * width + i] / scale[o])
  }
  return { int8, scale }
}

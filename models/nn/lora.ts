import type { Value } from '../graph/graph.ts'
import { mul } from '../ops/elementwise.ts'
import { gemm } from '../ops/linear.ts'
import { weightsOf, type ParameterSlot, type Weights } from './parameters.ts'
import type { Random } from './random.ts'

export interface LoraOptions {
  /** r: width of the bottleneck. */
  readonly rank: number
  /** α: the update is scaled by α/r, so that r can change without a change of the learning rate. */
  readonly alpha: number
}

/**
 * The low-rank update of a linear layer: (x·Aᵀ)·Bᵀ·α/r with parameters `name.lora_a` [r, in] and `name.lora_b` [out, r]
 * (Hu et al. 2022). B starts at zero, so training starts from the unchanged layer.
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

/** Returns the parameters A and B of the updates of the given weights [out, in], which are named `….weight`. */
export const loraSlots = (weights: readonly ParameterSlot[], rank: number): { name: string; shape: number[] }[] =>
  weights.flatMap(({ name, shape: [out, width] }) => [
    { name: name.replace(/weight$/, 'lora_a'), shape: [rank, width] },
    { name: name.replace(/weight$/, 'lora_b'), shape: [out, rank] },
  ])

/**
 * Initialises updates: A is normal with the variance 1/(3·in) of the authors' code, and B is zero (Hu et al. 2022,
 * section 4.1). The product is then zero, while A's rows already point in all directions.
 */
export function initialiseLora({ layout, values }: Weights, rng: Random): void {
  for (const { name, shape, offset, size } of layout.slots) {
    if (!name.endsWith('.lora_a')) continue
    const deviation = Math.sqrt(1 / (3 * shape[1]))
    for (let i = offset; i < offset + size; i++) values[i] = deviation * rng.normal()
  }
}

/**
 * W ← W + B·A·α/r in place for each updated weight of `model`. The layer then gives the same result without its update.
 */
export function mergeLora(model: Weights, updates: Weights, { rank, alpha }: LoraOptions): void {
  for (const { name } of updates.layout.slots) {
    if (!name.endsWith('.lora_a')) continue
    const stem = name.slice(0, -'lora_a'.length)
    const weight = weightsOf(model, `${stem}weight`)
    const [a, b] = [weightsOf(updates, name), weightsOf(updates, `${stem}lora_b`)]
    const width = a.length / rank
    const row = new Float64Array(width)
    for (let o = 0; o < b.length / rank; o++) {
      row.fill(0)
      for (let r = 0; r < rank; r++) {
        const factor = (b[o * rank + r] * alpha) / rank
        for (let k = 0; k < width; k++) row[k] += factor * a[r * width + k]
      }
      for (let k = 0; k < width; k++) weight[o * width + k] += row[k]
    }
  }
}

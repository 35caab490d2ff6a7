import type { ParameterLayout } from '../nn/parameters.ts'
import type { Random } from '../nn/random.ts'

const std = 0.02

/**
 * The authors' initialisation: weights and tokens truncated normal of deviation .02 cut at ±.02 (as their wrapper does),
 * LayerNorm 1 and 0, biases 0; then attn.proj and mlp.fc2 of layer ℓ (from 1) divided by √(2ℓ).
 */
export function initialise(layout: ParameterLayout, random: Random): Float32Array {
  const values = new Float32Array(layout.size)
  for (const { name, offset, size } of layout.slots) {
    const isNorm = /(^|\.)norm\d?\.weight$/.test(name)
    const isBias = /bias$/.test(name)
    const layer = /^blocks\.(\d+)\.(attn\.proj|mlp\.fc2)\.weight$/.exec(name)
    const divisor = layer ? Math.sqrt(2 * (Number(layer[1]) + 1)) : 1
    for (let i = offset; i < offset + size; i++) values[i] = isNorm ? 1 : isBias ? 0 : truncated(random) / divisor
  }
  return values
}

function truncated(random: Random): number {
  for (;;) {
    const value = random.normal() * std
    if (Math.abs(value) <= std) return value
  }
}

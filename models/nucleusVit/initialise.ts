import type { ParameterLayout, ParameterSlot } from '../nn/parameters.ts'
import type { Random } from '../nn/random.ts'
import type { NucleusVitConfig } from './config.ts'

const std = 0.02

/**
 * The authors' initialisation: weights and tokens are truncated normal with deviation .02, cut at ±.02 (as their
 * wrapper does); LayerNorm 1 and 0; biases 0; attn.proj and mlp.fc2 of layer ℓ (from 1) are divided by √(2ℓ). It was
 * made for a width of 768. In narrower networks the blocks then contribute almost nothing at first, and for thousands
 * of steps the network learns what is frequent instead of what is near.
 *
 * With geometric positions, therefore, all matrices except a classification head's are normal as in Glorot and Bengio
 * (2010). Each head starts with queries equal to keys: a token then attends first to tokens that are near and similar,
 * and need not learn to do so (compare Trockman and Kolter 2023, "Mimetic initialization of self-attention layers").
 */
export function initialise(
  layout: ParameterLayout,
  random: Random,
  { positions, width, heads, stem }: Pick<NucleusVitConfig, 'positions' | 'width' | 'heads' | 'stem'>,
): Float32Array {
  if (stem) return initialiseWithStem(layout, random, width)
  const values = new Float32Array(layout.size)
  for (const slot of layout.slots) {
    const { name, offset, size } = slot
    const isNorm = /(^|\.)norm\d?\.weight$/.test(name)
    const isBias = /bias$/.test(name)
    const layer = /^blocks\.(\d+)\.(attn\.proj|mlp\.fc2)\.weight$/.exec(name)
    const divisor = layer ? Math.sqrt(2 * (Number(layer[1]) + 1)) : 1
    const deviation = positions === 'geometric' ? ownDeviation(slot) : undefined
    const draw = deviation === undefined ? () => truncated(random) / divisor : () => random.normal() * deviation
    for (let i = offset; i < offset + size; i++) values[i] = isNorm ? 1 : isBias ? 0 : draw()
    if (deviation !== undefined && isQkv(name))
      for (let head = 0; head < heads; head++) {
        const rows = orthonormalRows(width / heads, width, random)
        const at = offset + head * rows.length
        values.set(rows, at)
        values.set(rows, at + width * width)
      }
  }
  return values
}

/**
 * PyTorch's default for linear and convolutional layers: weights uniform up to 1/√inputs. Biases and [CLS] are 0, norms
 * 1 and 0. A head's weights for the stem's features start at 0, so that the tokens must learn too.
 */
function initialiseWithStem(layout: ParameterLayout, random: Random, width: number): Float32Array {
  const values = new Float32Array(layout.size)
  for (const { name, shape, offset, size } of layout.slots) {
    if (/norm\d?(\.\d+)?\.weight$/.test(name)) values.fill(1, offset, offset + size)
    if (shape.length === 1 || /^cls_|_token$/.test(name)) continue
    const inputs = shape.slice(1).reduce((product, length) => product * length, 1)
    const isHead = name === 'head.weight'
    const limit = 1 / Math.sqrt(isHead ? width : inputs)
    for (let i = 0; i < size; i++)
      values[offset + i] = isHead && i % inputs >= width ? 0 : random.between(-limit, limit)
  }
  return values
}

const isQkv = (name: string) => name.endsWith('qkv.weight')
const isGlorot = (name: string) =>
  /^((patch|instance|coverage)_embed\.|blocks\.|(insta_)?lm_head\.).*weight$/.test(name) && !/norm\d\./.test(name)

/**
 * Returns the deviation of a weight that does not start as the authors' does, else undefined. qkv counts as three
 * layers.
 */
function ownDeviation({ name, shape }: ParameterSlot): number | undefined {
  if (!isGlorot(name)) return undefined
  const outputs = isQkv(name) ? shape[0] / 3 : shape[0]
  const inputs = shape.slice(1).reduce((product, length) => product * length, 1)
  return Math.sqrt(2 / (outputs + inputs))
}

function truncated(random: Random): number {
  for (;;) {
    const value = random.normal() * std
    if (Math.abs(value) <= std) return value
  }
}

/** Returns [count, width]: random, mutually orthogonal rows of length 1 (Gram–Schmidt). */
function orthonormalRows(count: number, width: number, random: Random): Float32Array {
  const rows = new Float32Array(count * width)
  for (let r = 0; r < count; r++) {
    const row = rows.subarray(r * width, (r + 1) * width)
    for (let k = 0; k < width; k++) row[k] = random.normal()
    for (let before = 0; before < r; before++) {
      const other = rows.subarray(before * width, (before + 1) * width)
      const along = row.reduce((sum, value, k) => sum + value * other[k], 0)
      for (let k = 0; k < width; k++) row[k] -= along * other[k]
    }
    const length = Math.hypot(...row)
    for (let k = 0; k < width; k++) row[k] /= length
  }
  return rows
}

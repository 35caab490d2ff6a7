import type { ParameterLayout } from '../nn/parameters.ts'

export interface AdamWOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** Decoupled weight decay, of the parameters that have any (see decays). */
  readonly weightDecay?: number
}

/** How one parameter takes part in training. */
export interface ParameterGroup {
  readonly offset: number
  readonly size: number
  /** Multiplies the learning rate (layer-wise decay). */
  readonly rateScale: number
  readonly decay: boolean
}

/** AdamW's state: two moments as long as the weights, and the number of steps taken. */
export interface AdamWState {
  readonly first: Float32Array
  readonly second: Float32Array
  step: number
}

export const adamWState = (size: number): AdamWState => ({
  first: new Float32Array(size),
  second: new Float32Array(size),
  step: 0,
})

/**
 * One step of AdamW (Loshchilov & Hutter 2019), in place, for the given groups only, with PyTorch's order of
 * operations.
 * θ ← θ − η·λ·θ;  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  θ ← θ − η·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε)
 *
 * A loop over flat arrays instead of a graph: an update is limited by memory bandwidth, and separate ONNX operators
 * would pass over memory a dozen times.
 */
export function adamWStep(
  values: Float32Array,
  gradients: Float32Array,
  state: AdamWState,
  groups: readonly ParameterGroup[],
  rate: number,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.05 }: AdamWOptions = {},
): void {
  state.step++
  const correction1 = 1 - beta1 ** state.step
  const correction2 = Math.sqrt(1 - beta2 ** state.step)
  const { first, second } = state
  for (const { offset, size, rateScale, decay } of groups) {
    const groupRate = rate * rateScale
    const keep = decay ? 1 - groupRate * weightDecay : 1
    // The bias correction of √v̂ + ε is moved into the step size and ε, which saves one division per weight.
    const stepSize = (groupRate * correction2) / correction1
    const floor = epsilon * correction2
    for (let i = offset; i < offset + size; i++) {
      const g = gradients[i]
      const m = beta1 * first[i] + (1 - beta1) * g
      const v = beta2 * second[i] + (1 - beta2) * g * g
      first[i] = m
      second[i] = v
      values[i] = values[i] * keep - (stepSize * m) / (Math.sqrt(v) + floor)
    }
  }
}

/** BEiT's rule: biases, norms, tokens and positions do not decay, that is, vectors and tokens of shape [1, 1, D]. */
export function decays(name: string, shape: readonly number[]): boolean {
  return shape.length > 1 && !/(_token|pos_embed|bias)$/.test(name)
}

export function parameterGroups(
  layout: ParameterLayout,
  trainable: (name: string) => boolean,
  rateScale: (name: string) => number = () => 1,
): ParameterGroup[] {
  return layout.slots
    .filter(({ name }) => trainable(name))
    .map(({ name, shape, offset, size }) => ({ offset, size, rateScale: rateScale(name), decay: decays(name, shape) }))
}

/** Scales the groups' gradients so that their joint norm is at most `limit`. Returns the norm before scaling. */
export function clipGradients(gradients: Float32Array, groups: readonly ParameterGroup[], limit: number): number {
  let squares = 0
  for (const { offset, size } of groups)
    for (let i = offset; i < offset + size; i++) squares += gradients[i] * gradients[i]
  const norm = Math.sqrt(squares)
  if (norm > limit) {
    const scale = limit / norm
    for (const { offset, size } of groups) for (let i = offset; i < offset + size; i++) gradients[i] *= scale
  }
  return norm
}

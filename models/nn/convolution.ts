import { divideDim, fixed } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { conv2d, convTranspose2d, type Conv2dOptions } from '../ops/convolution.ts'

export interface ConvolutionOptions extends Conv2dOptions {
  /** Names of the two parameters; without the second there is no bias. */
  readonly names?: readonly [weight: string, bias?: string]
}
const torchNames = ['weight', 'bias'] as const

/**
 * Convolution with a square kernel and parameters `name.weight` [out, in/groups, k, k] and `name.bias` [out].
 * x: [B, in, H, W]
 */
export function convolution(
  x: Value,
  name: string,
  out: number,
  kernel: number,
  { names: [weight, bias] = torchNames, ...options }: ConvolutionOptions = {},
): Value {
  const { graph } = x
  return graph.scope(name, () => {
    const into = divideDim(fixed(x.shape[1], 'The number of channels'), options.groups ?? 1)
    const w = graph.parameter(weight, [out, into, kernel, kernel])
    return conv2d(x, w, options, bias === undefined ? undefined : graph.parameter(bias, [out]))
  })
}

/**
 * Doubles an image by a transposed 2×2 convolution of stride 2: [B, in, H, W] → [B, out, 2H, 2W]. Parameters as above.
 */
export function doubling(x: Value, name: string, out: number): Value {
  const { graph } = x
  return graph.scope(name, () =>
    convTranspose2d(
      x,
      graph.parameter('weight', [fixed(x.shape[1], 'The number of channels'), out, 2, 2]),
      { stride: 2 },
      graph.parameter('bias', [out]),
    ),
  )
}

import { fixed, scaleDim } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/convolution.ts'
import { linear } from '../nn/linear.ts'
import { add, div, mul, relu, sqrt, square } from '../ops/elementwise.ts'
import { gemm } from '../ops/linear.ts'
import { argMax, sum } from '../ops/reduce.ts'
import { pad, reshape, slice, transpose } from '../ops/shape.ts'
import { pixelsPerToken } from './views.ts'
import { planes, type StainScale } from './stainPlanes.ts'

/** The structure of one of this project's tokenizers, without its weights. */
export interface StainTokenizerConfig {
  /** Channels at stride 2, 4 and 8. */
  readonly widths: readonly [number, number, number]
  /** Residual blocks at stride 8. Each extends what a token sees by 8 px on every side. */
  readonly blocks: number
  /** Length of a code. */
  readonly codeWidth: number
  readonly vocabulary: number
  /** Normalisation of all pictures' stains; without it, each picture is normalised by its own mean and spread. */
  readonly scale?: StainScale
  /**
   * How varied tokens should be: the number of equally frequent codes with the same entropy. Rare codes then cost more
   * (entropy-constrained vector quantisation: Chou, Lookabaugh and Gray 1989), so places that differ little share one
   * token and more tokens are left for places that differ much. Without it, the nearest code is chosen, and use is
   * nearly even.
   */
  readonly perplexity?: number
}

/** The codes, [vocabulary, codeWidth], each of length 1. */
export const codebookOf = (image: Value, { vocabulary, codeWidth }: StainTokenizerConfig): Value =>
  image.graph.parameter('codebook', [vocabulary, codeWidth])

/** Preference for each code in addition to its nearness, [vocabulary]; undefined if there is none. */
export function codePreference(image: Value, { vocabulary, perplexity }: StainTokenizerConfig): Value | undefined {
  if (perplexity === undefined) return undefined
  const { graph } = image
  return mul(graph.parameter('log_share', [vocabulary]), graph.parameter('rarity_cost', [1]))
}

/**
 * Returns one vector of length 1 for each 8×8 pixels. Its nearest code is the visual token (low-dimensional normalised
 * codes: Yu et al. 2022, ViT-VQGAN).
 * @param image stain planes [B, 2, H, W], sides divisible by 8
 * @returns [B·H/8·W/8, codeWidth], rows in reading order
 */
export function stainEncoder({ widths, blocks, codeWidth }: StainTokenizerConfig, image: Value): Value {
  const { graph } = image
  return graph.scope('encoder', () => {
    let x = image
    widths.forEach((width, i) => (x = relu(convolution(x, `down_${i + 1}`, width, 4, { stride: 2, padding: 1 }))))
    for (let i = 1; i <= blocks; i++)
      x = graph.scope(`block_${i}`, () => {
        const y = relu(convolution(x, 'conv_1', widths[2], 3, { padding: 1 }))
        return relu(add(x, convolution(y, 'conv_2', widths[2], 1)))
      })
    return unitRows(rowsOf(convolution(x, 'code', codeWidth, 1)))
  })
}

/** Visual tokens, int64. Codes and rows have length 1, so the nearest code has the largest product. */
export const nearestCodes = (rows: Value, codebook: Value, preference?: Value): Value =>
  argMax(gemm(rows, codebook, { transB: true, bias: preference }), 1)

/**
 * Decodes codes to a picture.
 * @param rows [B·h·w, codeWidth] in reading order
 * @param side h = w
 * @returns stain planes [B, 2, 8·h, 8·w]
 */
export function stainDecoder({ widths }: StainTokenizerConfig, rows: Value, side: number): Value {
  const { graph } = rows
  const width = widths[2]
  return graph.scope('decoder', () => {
    let x = rows
    // Decodes each token by itself. If a decoder sees neighbouring tokens, these share information; tokens are then
    // easier to copy and say less about their own place (measured; the shipped tokenizer's card).
    for (const layer of ['linear_1', 'linear_2']) x = relu(linear(x, layer, width))
    return graph.scope('image', () => {
      const weight = graph.parameter('weight', [width, planes, 2 * pixelsPerToken, 2 * pixelsPerToken])
      return add(overlapped(x, weight, side), reshape(graph.parameter('bias', [planes]), [planes, 1, 1]))
    })
  })
}

/**
 * Each token contributes 16×16 pixels, 8 apart, so that tokens overlap by half and no seams show. This is a transposed
 * convolution of stride 8 and padding 4, written as one product and four shifted sums because onnxruntime takes a
 * second to load the gradient of a 16×16 kernel.
 * @param x [tokens, C]
 * @param weight [C, planes, 16, 16]
 * @returns [B, planes, 8·side, 8·side]
 */
function overlapped(x: Value, weight: Value, side: number): Value {
  const n = pixelsPerToken
  const pixels = gemm(x, reshape(weight, [weight.shape[0], planes * 4 * n * n]), {})
  const parts = reshape(pixels, ['B', side, side, planes, 2, n, 2, n])
  const quarters = [0, 1].flatMap((down) =>
    [0, 1].map((right) => {
      const quarter = slice(slice(parts, 4, down, down + 1), 6, right, right + 1)
      const tiled = transpose(reshape(quarter, ['B', side, side, planes, n, n]), [0, 3, 1, 4, 2, 5])
      return shifted(shifted(reshape(tiled, ['B', planes, side * n, side * n]), 2, down), 3, right)
    }),
  )
  return quarters.reduce(add)
}

/** Shifts by half a token towards the start of the axis (0) or its end (1); cuts off what leaves the picture. */
function shifted(x: Value, axis: number, towardsEnd: number): Value {
  const half = pixelsPerToken / 2
  const length = fixed(x.shape[axis], 'A picture’s side')
  return towardsEnd
    ? pad(slice(x, axis, 0, length - half), axis, half, 0)
    : pad(slice(x, axis, half, length), axis, 0, half)
}

/** [B, C, h, w] → [B·h·w, C] */
function rowsOf(x: Value): Value {
  const [batch, channels, height, width] = x.shape
  const places = fixed(height, 'A picture’s height') * fixed(width, 'A picture’s width')
  return reshape(transpose(x, [0, 2, 3, 1]), [scaleDim(batch, places), channels])
}

/** Divides each row by its length. */
const unitRows = (x: Value): Value => div(x, sqrt(add(sum(square(x), [1], true), x.graph.scalar(1e-6))))

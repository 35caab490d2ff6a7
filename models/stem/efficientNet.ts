import type { Value } from '../graph/graph.ts'
import { convolution, type ConvolutionOptions } from '../nn/convolution.ts'
import { samePadding, type Conv2dOptions } from '../ops/convolution.ts'
import { add, clip } from '../ops/elementwise.ts'

/**
 * The first blocks of EfficientNet-Lite, up to stride 16 (Tan and Le 2019; Google's 2020 variant without
 * squeeze-and-excitation and with ReLU6 instead of swish). Batch normalisation is folded into the convolutions.
 * Parameters: `conv`, and for block b `blocks.b.expand`, `.depthwise` and `.project`, each with `.weight` and `.bias`.
 */

interface Stage {
  readonly kernel: number
  readonly stride: number
  /** Channels of the depthwise convolution per input channel. */
  readonly expand: number
  readonly channels: number
  readonly blocks: number
}
export interface StemShape {
  /** Channels after the first convolution, which has stride 2. */
  readonly first: number
  readonly stages: readonly Stage[]
}

export const stems = {
  'efficientnet-lite0': {
    first: 32,
    stages: [
      { kernel: 3, stride: 1, expand: 1, channels: 16, blocks: 1 },
      { kernel: 3, stride: 2, expand: 6, channels: 24, blocks: 2 },
      { kernel: 5, stride: 2, expand: 6, channels: 40, blocks: 2 },
      { kernel: 3, stride: 2, expand: 6, channels: 80, blocks: 3 },
      { kernel: 5, stride: 1, expand: 6, channels: 112, blocks: 3 },
    ],
  },
} as const satisfies Record<string, StemShape>
export type StemName = keyof typeof stems

/** Strides of the features that the stem returns. */
export const featureStrides = [2, 4, 8, 16] as const
export type FeatureStride = (typeof featureStrides)[number]

/** One block, with the channels it gets (`from`). */
export interface StemBlock extends Omit<Stage, 'blocks'> {
  readonly from: number
  /** Pixels of the image per cell of the block's output, in each direction. */
  readonly cell: number
}
export function stemBlocks(name: StemName): StemBlock[] {
  const { first, stages }: StemShape = stems[name]
  const blocks: StemBlock[] = []
  let from = first
  let cell = 2
  for (const { blocks: count, stride, ...stage } of stages)
    for (let i = 0; i < count; i++) {
      const step = i === 0 ? stride : 1
      cell *= step
      blocks.push({ ...stage, stride: step, from, cell })
      from = stage.channels
    }
  return blocks
}

/** Channels of the features at each stride: those of the last block with this stride. */
export function stemChannels(name: StemName): Record<FeatureStride, number> {
  const channels: Record<number, number> = {}
  for (const block of stemBlocks(name)) channels[block.cell] = block.channels
  return channels as Record<FeatureStride, number>
}

/** Numbers that the stem's convolutions produce for an image of this side, which a backward pass must keep. */
export function stemNumbers(name: StemName, side: number): number {
  const cells = (cell: number) => (side / cell) ** 2
  return stemBlocks(name).reduce(
    (sum, { expand, from, channels, stride, cell }) =>
      sum + cells(cell / stride) * (expand > 1 ? expand * from : 0) + cells(cell) * (expand * from + channels),
    cells(2) * stems[name].first,
  )
}

/** Multiplications of a forward pass over an image of this side. */
export function stemMultiplications(name: StemName, side: number): number {
  const cells = (cell: number) => (side / cell) ** 2
  return stemBlocks(name).reduce(
    (sum, { expand, from, channels, kernel, stride, cell }) => {
      const wide = expand * from
      const expanding = expand > 1 ? cells(cell / stride) * from * wide : 0
      return sum + expanding + cells(cell) * wide * (kernel ** 2 + channels)
    },
    cells(2) * 3 * 3 ** 2 * stems[name].first,
  )
}

/** Returns a byte as the stem was trained to see it: (RGB − 127)/128. */
export const stemPixel = (byte: number): number => (byte - 127) / 128

const relu6 = (x: Value): Value => clip(x, 0, 6)

/**
 * Returns the stem's features.
 * @param image [B, 3, S, S], S divisible by 16, pixels as stemPixel gives them
 * @returns features [B, C, S/stride, S/stride] by stride, before any activation
 */
export function efficientNet(image: Value, name: StemName): Record<FeatureStride, Value> {
  let x = relu6(padded(image, 'conv', stems[name].first, 3, { stride: 2 }))
  const features: Record<number, Value> = {}
  for (const [b, block] of stemBlocks(name).entries())
    features[block.cell] = x = image.graph.scope(`blocks.${b}`, () => invertedBottleneck(x, block))
  return features as Record<FeatureStride, Value>
}

/**
 * 1×1 to more channels, depthwise, 1×1 to fewer channels (Sandler et al. 2018, MobileNetV2). Added to x if the shape
 * stays the same.
 */
function invertedBottleneck(x: Value, { kernel, stride, expand, channels, from }: StemBlock): Value {
  const wide = expand * from
  const expanded = expand === 1 ? x : relu6(convolution(x, 'expand', wide, 1))
  const mixed = relu6(padded(expanded, 'depthwise', wide, kernel, { stride, groups: wide }))
  const y = convolution(mixed, 'project', channels, 1)
  return stride === 1 && from === channels ? add(x, y) : y
}

function padded(
  x: Value,
  name: string,
  out: number,
  kernel: number,
  options: Conv2dOptions & { stride: number },
): Value {
  const [, , height, width] = x.shape as readonly number[]
  const padding = samePadding([height, width], kernel, options.stride)
  return convolution(x, name, out, kernel, { ...options, padding } satisfies ConvolutionOptions)
}

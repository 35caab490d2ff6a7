import type { Value } from '../graph/graph.ts'
import { convolution, type ConvolutionOptions } from '../nn/convolution.ts'
import { samePadding, type Conv2dOptions } from '../ops/convolution.ts'
import { add, clip } from '../ops/elementwise.ts'

/**
 * The first blocks of EfficientNet-Lite (Tan and Le 2019; Google's 2020 variant without squeeze-and-excitation, with ReLU6 in
 * place of swish), as far as stride 16. Batch normalisation is part of the convolutions. Parameters: `conv`, and for block b
 * `blocks.b.expand`, `.depthwise` and `.project`, each `.weight` and `.bias`.
 */

interface Stage {
  readonly kernel: number
  readonly stride: number
  /** Channels of the depthwise convolution per channel of the input. */
  readonly expand: number
  readonly channels: number
  readonly blocks: number
}
export interface StemShape {
  /** Channels after the first convolution, of stride 2. */
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

/** The strides of the features that are handed on. */
export const featureStrides = [2, 4, 8, 16] as const
export type FeatureStride = (typeof featureStrides)[number]

/** What a block is, and what it is given. */
export interface StemBlock extends Omit<Stage, 'blocks'> {
  readonly from: number
  /** Pixels of the image per cell of its output. */
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

/** Channels of the features of each stride: those of its last block. */
export function stemChannels(name: StemName): Record<FeatureStride, number> {
  const channels: Record<number, number> = {}
  for (const block of stemBlocks(name)) channels[block.cell] = block.channels
  return channels as Record<FeatureStride, number>
}

/** Numbers that a stem's convolutions and activations make of a picture of this side: what a way back through it keeps. */
export function stemNumbers(name: StemName, side: number): number {
  const cells = (cell: number) => (side / cell) ** 2
  return stemBlocks(name).reduce(
    (sum, { expand, from, channels, stride, cell }) =>
      sum + cells(cell / stride) * (expand > 1 ? expand * from : 0) + cells(cell) * (expand * from + channels),
    cells(2) * stems[name].first,
  )
}

/** Multiplications of a pass over a picture of this side. */
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

/** Bytes as the stem was trained to see them: (RGB − 127)/128. */
export const stemPixel = (byte: number): number => (byte - 127) / 128

const relu6 = (x: Value): Value => clip(x, 0, 6)

/**
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

/** 1×1 to more channels, depthwise, 1×1 to few (Sandler et al. 2018, MobileNetV2); added to x where nothing changes its shape. */
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

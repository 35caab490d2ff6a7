import type { Emitter } from '../graph/onnx.ts'

/** Height and width. */
export type Size = readonly [number, number]

/** Pixels above, left of, below and right of an image. */
export type Padding = readonly [number, number, number, number]

/**
 * Pads x [B, C, H, W] with zeros or by repeating the border; negative numbers crop. Names all four axes: when
 * onnxruntime's WebGPU provider moves a transpose through a Pad that names only some, it takes their numbers for those
 * of all axes.
 */
export function padImage(onnx: Emitter, x: string, padding: Padding, mode: 'constant' | 'edge' = 'constant'): string {
  if (padding.every((n) => n === 0)) return x
  const [top, left, bottom, right] = padding
  return onnx.one('Pad', [x, onnx.ints([0, 0, top, left, 0, 0, bottom, right])], { mode })
}

/**
 * What position (row, column) of the kernel covers as it moves over x: `count` samples, a stride apart, on two axes.
 */
export function under(onnx: Emitter, x: string, place: Size, count: Size, stride: number, axes: Size): string {
  const end = place.map((start, i) => start + stride * (count[i] - 1) + 1)
  return onnx.one('Slice', [x, onnx.ints(place), onnx.ints(end), onnx.ints(axes), onnx.ints([stride, stride])])
}

/** Every position in a kernel, row by row. */
export const places = ([rows, columns]: Size): Size[] =>
  Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns])

/** Sizes of a kernel w [A, B/groups, kh, kw]. */
export interface TurnedKernel {
  readonly groups: number
  /** A */
  readonly channels: number
  /** B/groups */
  readonly outputs: number
  readonly kernel: Size
}

/**
 * w [A, B/groups, kh, kw] → [B, A/groups, kh, kw], rotated by 180°: the kernel of the transposed convolution of stride
 * 1.
 */
export function turnKernel(onnx: Emitter, w: string, sizes: TurnedKernel): string {
  const { kernel } = sizes
  const swapped = swapChannels(onnx, w, sizes)
  if (kernel.every((n) => n === 1)) return swapped
  const last = onnx.ints([-1, -1])
  return onnx.one('Slice', [swapped, last, onnx.ints(kernel.map((n) => -n - 1)), onnx.ints([2, 3]), last])
}

/** Exchanges outputs and inputs within each group. */
function swapChannels(onnx: Emitter, w: string, { groups, channels, outputs, kernel }: TurnedKernel): string {
  if (groups === 1) return onnx.one('Transpose', [w], { perm: [1, 0, 2, 3] })
  const perGroup = channels / groups
  if (perGroup === 1 && outputs === 1) return w
  const byGroup = onnx.one('Reshape', [w, onnx.ints([groups, perGroup, -1, ...kernel])])
  const swapped = onnx.one('Transpose', [byGroup], { perm: [0, 2, 1, 3, 4] })
  return onnx.one('Reshape', [swapped, onnx.ints([-1, perGroup, ...kernel])])
}

/** Inserts zeros between the pixels of x and after the last: [B, C, H, W] → [B, C, H·stride, W·stride]. */
export function spread(onnx: Emitter, x: string, channels: number, [height, width]: Size, stride: number): string {
  if (stride === 1) return x
  const apart = onnx.one('Unsqueeze', [x, onnx.ints([3, 5])])
  const gaps = onnx.one('Pad', [apart, onnx.ints([0, 0, stride - 1, stride - 1]), '', onnx.ints([3, 5])])
  return onnx.one('Reshape', [gaps, onnx.ints([0, channels, height * stride, width * stride])])
}

export interface ConvolutionSizes {
  readonly channelsIn: number
  readonly channelsOut: number
  readonly kernel: Size
  readonly stride: number
  /** Size of the output. */
  readonly size: Size
  readonly groups: number
}

/**
 * Convolves the padded x as a sum of matrix products, one for each position in the kernel. onnxruntime has no float64
 * Conv, and gradient checks need one.
 */
export function convolutionByPlaces(
  onnx: Emitter,
  x: string,
  w: string,
  bias: string | undefined,
  at: ConvolutionSizes,
) {
  const { channelsIn, channelsOut, kernel, stride, size, groups } = at
  const perGroup = channelsIn / groups
  const terms = places(kernel).map((place) => {
    const seen = onnx.one('Reshape', [
      under(onnx, x, place, size, stride, [2, 3]),
      onnx.ints([0, groups, perGroup, size[0] * size[1]]),
    ])
    const factor = onnx.one('Reshape', [
      under(onnx, w, place, [1, 1], 1, [2, 3]),
      onnx.ints([groups, channelsOut / groups, perGroup]),
    ])
    return onnx.one('MatMul', [factor, seen])
  })
  const sum = terms.reduce((a, b) => onnx.one('Add', [a, b]))
  const y = onnx.one('Reshape', [sum, onnx.ints([0, channelsOut, ...size])])
  return bias ? onnx.one('Add', [y, onnx.one('Reshape', [bias, onnx.ints([channelsOut, 1, 1])])]) : y
}

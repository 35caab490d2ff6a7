import { divideDim, fixed, sameShape, scaleDim, type Shape } from '../graph/dim.ts'
import type { OpNode, Value } from '../graph/graph.ts'
import type { Emitter } from '../graph/onnx.ts'
import {
  convolutionByPlaces,
  padImage,
  places,
  spread,
  turnKernel,
  under,
  type Padding,
  type Size,
} from './convolutionNodes.ts'
import { defineOp } from './op.ts'
import { sum } from './reduce.ts'
import { rule } from './shapes.ts'

/** Images are [batch, channels, height, width]; the batch may be symbolic. */
export interface Conv2dOptions {
  readonly stride?: number
  /** Zeros around the image: the same on all sides, or [top, left, bottom, right]. */
  readonly padding?: number | Padding
  /** The channels are split into this many groups, each convolved separately; depthwise: as many groups as channels. */
  readonly groups?: number
}
interface ConvAttributes {
  stride: number
  padding: Padding
  groups: number
}

const attributesOf = ({ stride = 1, padding = 0, groups = 1 }: Conv2dOptions): ConvAttributes => ({
  stride,
  padding: typeof padding === 'number' ? [padding, padding, padding, padding] : padding,
  groups,
})
/**
 * Padding [top, left, bottom, right] for an output of ⌈x/stride⌉: TensorFlow's "same", with an odd pixel at the end.
 */
export function samePadding(size: Size, kernel: number, stride: number): Padding {
  const [down, across] = size.map((n) => Math.max(0, (Math.ceil(n / stride) - 1) * stride + kernel - n))
  return [down >> 1, across >> 1, down - (down >> 1), across - (across >> 1)]
}

const imageSize = (x: Shape): Size => [fixed(x[2], 'An image’s height'), fixed(x[3], 'An image’s width')]
const kernelSize = (w: Shape): Size => imageSize(w)
const channels = (x: Shape, axis = 1): number => fixed(x[axis], 'The number of channels')
const onnxAttributes = ({ stride, padding, groups }: ConvAttributes, kernel: Size) => ({
  kernel_shape: kernel,
  strides: [stride, stride],
  pads: padding,
  ...(groups > 1 ? { group: groups } : {}),
})

function checkConvolution(x: Shape, w: Shape, { stride, padding, groups }: ConvAttributes): void {
  rule(x.length === 4 && w.length === 4, 'images must be [batch, channels, height, width] and kernels have 4 axes')
  rule(Number.isInteger(stride) && stride >= 1, `the stride must be a positive whole number, not ${stride}`)
  rule(
    padding.length === 4 && padding.every((n) => Number.isInteger(n) && n >= 0),
    `the padding must be whole numbers of at least 0, not ${padding.join(', ')}`,
  )
  rule(Number.isInteger(groups) && groups >= 1, `the number of groups must be a positive whole number, not ${groups}`)
  rule(channels(x) % groups === 0, `the image's ${x[1]} channels must be divisible into ${groups} groups`)
}
function checkBias(bias: Shape | undefined, out: Shape[number]): void {
  if (bias) rule(sameShape(bias, [out]), `the bias must have shape [${out}]`)
}
/** Total padding down and across, both sides together. */
const around = ([top, left, bottom, right]: Padding): Size => [top + bottom, left + right]
/** Number of positions of a kernel over the padded image, down and across. */
function movesOf(size: Size, kernel: Size, { stride, padding }: ConvAttributes): Size {
  const padded = around(padding).map((n, i) => n + size[i])
  rule(
    padded.every((n, i) => n >= kernel[i]),
    `the padded image must be at least as large as the kernel ${kernel.join('×')}`,
  )
  const [height, width] = padded.map((n, i) => Math.floor((n - kernel[i]) / stride) + 1)
  return [height, width]
}

const convOp = defineOp<ConvAttributes>({
  name: 'conv2d',
  shape: ([x, w, bias], attributes) => {
    checkConvolution(x, w, attributes)
    const { groups } = attributes
    const perGroup = channels(x) / groups
    rule(perGroup === w[1], `the image's channels of a group must be the kernel's (${perGroup} and ${w[1]})`)
    rule(channels(w, 0) % groups === 0, `the kernel's ${w[0]} outputs must be divisible into ${groups} groups`)
    checkBias(bias, w[0])
    return [x[0], w[0], ...movesOf(imageSize(x), kernelSize(w), attributes)]
  },
  forward: (onnx, inputs, node) => {
    const attributes = node.attributes as ConvAttributes
    const [x, w] = node.inputs.map((v) => v.shape)
    const kernel = kernelSize(w)
    if (onnx.dtype === 'float32') return onnx.one('Conv', inputs, onnxAttributes(attributes, kernel))
    const { stride, padding, groups } = attributes
    const padded = padImage(onnx, inputs[0], padding)
    const size = imageSize(node.outputs[0].shape)
    const sizes = { channelsIn: channels(x), channelsOut: channels(w, 0), kernel, stride, size, groups }
    return convolutionByPlaces(onnx, padded, inputs[1], inputs[2], sizes)
  },
  gradient: (g, { inputs: [x, w, bias], attributes }) => [
    convTranspose2d(g, w, { ...attributes, size: imageSize(x.shape) }),
    conv2dKernelGradient(x, g, { ...attributes, kernel: kernelSize(w.shape) }),
    bias && sum(g, [0, 2, 3]),
  ],
})
/**
 * y[o] = Σ_c w[o, c] ⋆ x[c] + bias[o], where ⋆ is cross-correlation over the zero-padded image in steps of `stride`
 * pixels, and c runs over the channels of o's group
 * ∂x = transposed convolution of g with w, ∂w = correlation of x with g, ∂bias = Σ g
 * @param x [B, C, H, W]
 * @param w [O, C/groups, kh, kw]
 * @param bias [O]
 * @returns [B, O, ⌊(H + padding − kh)/stride⌋ + 1, likewise W]
 */
export const conv2d = (x: Value, w: Value, options: Conv2dOptions = {}, bias?: Value): Value =>
  convOp(bias ? [x, w, bias] : [x, w], attributesOf(options))[0]

interface ConvTransposeAttributes extends ConvAttributes {
  size: Size
}
const leastSize = (x: Shape, w: Shape, { stride, padding }: ConvAttributes): Size => {
  const kernel = kernelSize(w)
  const [height, width] = imageSize(x).map((n, i) => (n - 1) * stride + kernel[i] - around(padding)[i])
  return [height, width]
}

const convTransposeOp = defineOp<ConvTransposeAttributes>({
  name: 'convTranspose2d',
  shape: ([x, w, bias], attributes) => {
    checkConvolution(x, w, attributes)
    rule(x[1] === w[0], `the image's channels must be the kernel's first axis (${x[1]} and ${w[0]})`)
    const { size, stride, groups } = attributes
    const out = scaleDim(w[1], groups)
    checkBias(bias, out)
    const least = leastSize(x, w, attributes)
    rule(
      size.every((n, i) => n >= 1 && n >= least[i] && n < least[i] + stride),
      `the size ${size.join('×')} must be ${least.join('×')} or up to ${stride - 1} more`,
    )
    return [x[0], out, ...size]
  },
  forward: (onnx, inputs, node: OpNode) => {
    const attributes = node.attributes as ConvTransposeAttributes
    const { stride, padding, groups, size } = attributes
    const [x, w] = node.inputs.map((v) => v.shape)
    const kernel = kernelSize(w)
    const grouped = { groups, channels: channels(w, 0), outputs: channels(w), kernel }
    const [top, left, bottom, right] = padding.map((n, i) => kernel[i % 2] - 1 - n)
    // onnxruntime's ConvTranspose takes 1.5 times as long as its Conv with the kernel rotated by 180°.
    if (onnx.dtype === 'float32' && stride === 1 && Math.min(top, left, bottom, right) >= 0) {
      const turned = turnKernel(onnx, inputs[1], grouped)
      const turnedAround = onnxAttributes({ stride, padding: [top, left, bottom, right], groups }, kernel)
      return onnx.one('Conv', [inputs[0], turned, ...inputs.slice(2)], turnedAround)
    }
    if (onnx.dtype === 'float32') {
      const least = leastSize(x, w, attributes)
      const extra = size.map((n, i) => n - least[i])
      return onnx.one('ConvTranspose', inputs, { ...onnxAttributes(attributes, kernel), output_padding: extra })
    }
    const [height, width] = imageSize(x).map((n) => n * stride)
    const apart = spread(onnx, inputs[0], channels(x), imageSize(x), stride)
    const padded = padImage(onnx, apart, [
      top,
      left,
      size[0] - height - top + kernel[0] - 1,
      size[1] - width - left + kernel[1] - 1,
    ])
    const channelsOut = channels(node.outputs[0].shape)
    const sizes = { channelsIn: channels(w, 0), channelsOut, kernel, stride: 1, size, groups }
    return convolutionByPlaces(onnx, padded, turnKernel(onnx, inputs[1], grouped), inputs[2], sizes)
  },
  gradient: (g, { inputs: [x, w, bias], attributes: { stride, padding, groups } }) => [
    conv2d(g, w, { stride, padding, groups }),
    conv2dKernelGradient(g, x, { stride, padding, groups, kernel: kernelSize(w.shape) }),
    bias && sum(g, [0, 2, 3]),
  ],
})
/**
 * Transposed convolution: each pixel of x adds its multiple of the kernel, `stride` pixels apart; `padding` is cut off.
 * ∂x = convolution of g with w, ∂w = correlation of g with x, ∂bias = Σ g
 * @param x [B, C, H, W]
 * @param w [C, O/groups, kh, kw]
 * @param bias [O]
 * @param options.size of the result, if not the smallest, (H − 1)·stride + kh − padding; at most stride − 1 larger
 * @returns [B, O, …size]
 */
export function convTranspose2d(
  x: Value,
  w: Value,
  { size, ...options }: Conv2dOptions & { readonly size?: Size } = {},
  bias?: Value,
): Value {
  const attributes = attributesOf(options)
  const fourAxes = x.shape.length === 4 && w.shape.length === 4 // the shape rule refuses anything else
  const wanted = size ?? (fourAxes ? leastSize(x.shape, w.shape, attributes) : [1, 1])
  return convTransposeOp(bias ? [x, w, bias] : [x, w], { ...attributes, size: wanted })[0]
}

interface KernelGradientAttributes extends ConvAttributes {
  kernel: Size
}
const kernelGradientOp = defineOp<KernelGradientAttributes>({
  name: 'conv2dKernelGradient',
  shape: ([x, g], attributes) => {
    checkConvolution(x, g, attributes)
    const moves = movesOf(imageSize(x), attributes.kernel, attributes)
    rule(x[0] === g[0] && sameShape(g.slice(2), moves), `the second must be [${x[0]}, channels, ${moves.join(', ')}]`)
    rule(channels(g) % attributes.groups === 0, `its channels must be divisible into ${attributes.groups} groups`)
    return [g[1], divideDim(x[1], attributes.groups), ...attributes.kernel]
  },
  forward: (onnx, [x, g], node) => {
    const attributes = node.attributes as KernelGradientAttributes
    const [xShape, gShape] = node.inputs.map((v) => v.shape)
    const isDepthwise = attributes.groups === channels(xShape) && attributes.groups === channels(gShape)
    if (onnx.dtype === 'float32' && isDepthwise && attributes.stride === 1)
      return depthwiseKernelGradientFlat(onnx, [x, g], [xShape, gShape], attributes)
    if (onnx.dtype === 'float32' && isDepthwise && typeof xShape[0] === 'number')
      return depthwiseKernelGradient(onnx, [x, g], [xShape, gShape], attributes)
    return kernelGradientByPlaces(onnx, [x, g], [xShape, gShape], attributes)
  },
  gradient: (gradient, { inputs: [x, g], attributes: { stride, padding, groups } }) => [
    convTranspose2d(g, gradient, { stride, padding, groups, size: imageSize(x.shape) }),
    conv2d(x, gradient, { stride, padding, groups }),
  ],
})
/**
 * k[o, c] = Σ over batch of x[c] ⋆ g[o], the ∂w of conv2d(x, w);  with γ = ∂k: ∂x = convTranspose2d(g, γ), ∂g =
 * conv2d(x, γ)
 */
const conv2dKernelGradient = (x: Value, g: Value, attributes: KernelGradientAttributes): Value =>
  kernelGradientOp([x, g], attributes)[0]

/**
 * One matrix product for each position in the kernel, with channels last so that no operand needs transposing. Takes
 * 0.8 of the time of one product over all positions, and half that of onnxruntime's Conv with batch and channels
 * exchanged.
 */
function kernelGradientByPlaces(
  onnx: Emitter,
  [x, g]: readonly string[],
  [xShape, gShape]: readonly Shape[],
  { kernel, stride, padding, groups }: KernelGradientAttributes,
): string {
  const size = imageSize(gShape)
  const pixels = size[0] * size[1]
  const [into, out] = [channels(xShape), channels(gShape)]
  const channelsLast = onnx.one('Transpose', [padImage(onnx, x, padding)], { perm: [0, 2, 3, 1] })
  const rows = onnx.one('Reshape', [g, onnx.ints([0, groups, out / groups, pixels])])
  const parts = places(kernel).map((place) => {
    const seen = under(onnx, channelsLast, place, size, stride, [1, 2])
    const columns =
      groups === 1
        ? onnx.one('Reshape', [seen, onnx.ints([0, 1, pixels, into])])
        : onnx.one('Transpose', [onnx.one('Reshape', [seen, onnx.ints([0, pixels, groups, into / groups])])], {
            perm: [0, 2, 1, 3],
          })
    const overBatch = onnx.one('ReduceSum', [onnx.one('MatMul', [rows, columns]), onnx.ints([0])], { keepdims: 0 })
    return onnx.one('Unsqueeze', [overBatch, onnx.ints([3])])
  })
  const joined = parts.length > 1 ? onnx.one('Concat', parts, { axis: 3 }) : parts[0]
  return onnx.one('Reshape', [joined, onnx.ints([out, into / groups, ...kernel])])
}

/**
 * Depthwise, stride 1. With g's rows padded to the length of the padded image's, every position in the kernel is a
 * shift of the flat image, and its gradient is the sum of a product. Takes half the time of the convolution below.
 */
function depthwiseKernelGradientFlat(
  onnx: Emitter,
  [x, g]: readonly string[],
  [xShape, gShape]: readonly Shape[],
  { kernel, padding }: KernelGradientAttributes,
): string {
  const all = channels(xShape)
  const [height, width] = imageSize(xShape).map((n, i) => n + around(padding)[i])
  const size = imageSize(gShape)
  const length = (size[0] - 1) * width + size[1]
  const image = onnx.one('Reshape', [padImage(onnx, x, padding), onnx.ints([0, all, height * width])])
  const wide = onnx.one('Reshape', [
    padImage(onnx, g, [0, 0, 0, width - size[1]]),
    onnx.ints([0, all, size[0] * width]),
  ])
  const gradient = onnx.one('Slice', [wide, onnx.ints([0]), onnx.ints([length]), onnx.ints([2])])
  const parts = places(kernel).map(([row, column]) => {
    const start = row * width + column
    const seen = onnx.one('Slice', [image, onnx.ints([start]), onnx.ints([start + length]), onnx.ints([2])])
    return onnx.one('ReduceSum', [onnx.one('Mul', [seen, gradient]), onnx.ints([0, 2])], { keepdims: 1 })
  })
  const joined = parts.length > 1 ? onnx.one('Concat', parts, { axis: 2 }) : parts[0]
  return onnx.one('Reshape', [joined, onnx.ints([all, 1, ...kernel])])
}

/**
 * Depthwise with a stride: correlates each channel of each image with its own gradient. This is a depthwise convolution
 * with kernels as large as g and a dilation equal to the stride. Summing products position by position is no faster.
 */
function depthwiseKernelGradient(
  onnx: Emitter,
  [x, g]: readonly string[],
  [xShape, gShape]: readonly Shape[],
  { kernel, stride, padding }: KernelGradientAttributes,
): string {
  const batch = fixed(xShape[0], 'The batch')
  const planes = batch * channels(xShape)
  const size = imageSize(gShape)
  const images = onnx.one('Reshape', [x, onnx.ints([1, planes, ...imageSize(xShape)])])
  const kernels = onnx.one('Reshape', [g, onnx.ints([planes, 1, ...size])])
  const whole = onnx.one('Conv', [images, kernels], {
    kernel_shape: size,
    dilations: [stride, stride],
    pads: padding,
    group: planes,
  })
  // If the stride does not divide the padded image, the result has extra rows and columns that no kernel position
  // covers.
  const met = onnx.one('Slice', [whole, onnx.ints([0, 0]), onnx.ints(kernel), onnx.ints([2, 3])])
  const each = onnx.one('Reshape', [met, onnx.ints([batch, channels(xShape), 1, ...kernel])])
  return onnx.one('ReduceSum', [each, onnx.ints([0])], { keepdims: 0 })
}

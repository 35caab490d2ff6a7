import { fixed, sizeOf, type Shape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import type { Emitter } from '../graph/onnx.ts'
import { padImage } from './convolutionNodes.ts'
import { mul } from './elementwise.ts'
import { defineOp } from './op.ts'
import { reshape, scatterAdd, zerosLike } from './shape.ts'
import { rule } from './shapes.ts'

interface PoolAttributes {
  factor: number
}
const sizeOfImage = (x: Shape): [number, number] => {
  rule(x.length === 4, 'an image must be [batch, channels, height, width]')
  return [fixed(x[2], 'An image’s height'), fixed(x[3], 'An image’s width')]
}
function pooled(x: Shape, { factor }: PoolAttributes): Shape {
  const size = sizeOfImage(x)
  rule(Number.isInteger(factor) && factor >= 1, `the factor must be a positive whole number, not ${factor}`)
  rule(
    size.every((n) => n % factor === 0),
    `height and width must be divisible by ${factor}`,
  )
  return [x[0], x[1], size[0] / factor, size[1] / factor]
}
const square = (factor: number) => ({ kernel_shape: [factor, factor], strides: [factor, factor] })
const flat = (x: Value): Value => reshape(x, [sizeOf(x.shape)])

const maxPoolOp = defineOp<PoolAttributes>({
  name: 'maxPool',
  shape: ([x], attributes) => {
    const y = pooled(x, attributes)
    return { all: [y, y] }
  },
  keptDtype: 'int64',
  forward: (onnx, [x], node) => onnx.node('MaxPool', [x], square((node.attributes as PoolAttributes).factor), 2),
  gradient: (g, { inputs: [x], outputs: [, at] }) => [
    reshape(scatterAdd(zerosLike(flat(x)), flat(at), flat(g)), x.shape),
  ],
})
/**
 * y = the largest of each factor×factor square, [B, C, H, W] → [B, C, H/factor, W/factor]
 * ∂x = g at the largest, 0 elsewhere; among equals the first in reading order gets all of g
 */
export const maxPool = (x: Value, factor = 2): Value => maxPoolOp([x], { factor })[0]

const avgPoolOp = defineOp<PoolAttributes>({
  name: 'avgPool',
  shape: ([x], attributes) => pooled(x, attributes),
  forward: (onnx, [x], node) => {
    const { factor } = node.attributes as PoolAttributes
    if (onnx.dtype === 'float32') return onnx.one('AveragePool', [x], square(factor))
    const [, c, h, w] = node.outputs[0].shape as readonly number[]
    const split = onnx.one('Reshape', [x, onnx.ints([0, c, h, factor, w, factor])])
    return onnx.one('ReduceMean', [split, onnx.ints([3, 5])], { keepdims: 0 })
  },
  gradient: (g, { attributes: { factor } }) => [mul(upsample(g, factor), g.graph.scalar(1 / factor ** 2))],
})
/**
 * y = the mean of each factor×factor square, [B, C, H, W] → [B, C, H/factor, W/factor];  ∂x = g/factor² over the square
 */
export const avgPool = (x: Value, factor = 2): Value => avgPoolOp([x], { factor })[0]

const upsampleOp = defineOp<PoolAttributes>({
  name: 'upsample',
  shape: ([x], { factor }) => {
    const [height, width] = sizeOfImage(x)
    rule(Number.isInteger(factor) && factor >= 1, `the factor must be a positive whole number, not ${factor}`)
    return [x[0], x[1], height * factor, width * factor]
  },
  forward: (onnx, [x], node) => {
    const { factor } = node.attributes as PoolAttributes
    const [, c, height, width] = node.outputs[0].shape as readonly number[]
    if (onnx.dtype === 'float32')
      return onnx.one('Resize', [x, '', '', onnx.ints([height, width])], {
        axes: [2, 3],
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      })
    // onnxruntime's Resize does not support float64.
    const apart = onnx.one('Unsqueeze', [x, onnx.ints([3, 5])])
    const repeated = onnx.one('Expand', [apart, onnx.ints([1, 1, 1, factor, 1, factor])])
    return onnx.one('Reshape', [repeated, onnx.ints([0, c, height, width])])
  },
  gradient: (g, { attributes: { factor } }) => [mul(avgPool(g, factor), g.graph.scalar(factor ** 2))],
})
/** y = each pixel repeated factor×factor times (nearest);  ∂x = Σ g over the square */
export const upsample = (x: Value, factor = 2): Value => upsampleOp([x], { factor })[0]

/**
 * Doubles one axis bilinearly, repeating the values at its ends: out[2i] = ¼·x[i−1] + ¾·x[i],
 * out[2i+1] = ¾·x[i] + ¼·x[i+1].
 */
function doubleAxis(onnx: Emitter, x: string, axis: number, shape: readonly number[]): string {
  const length = shape[axis]
  const padded = onnx.one('Pad', [x, onnx.ints([1, 1]), '', onnx.ints([axis])], { mode: 'edge' })
  const quarter = (start: number) => {
    const part = onnx.one('Slice', [padded, onnx.ints([start]), onnx.ints([start + length]), onnx.ints([axis])])
    return onnx.one('Mul', [part, onnx.scalar(0.25)])
  }
  const middle = onnx.one('Mul', [x, onnx.scalar(0.75)])
  const pair = [0, 2].map((start) =>
    onnx.one('Unsqueeze', [onnx.one('Add', [middle, quarter(start)]), onnx.ints([axis + 1])]),
  )
  const doubled = shape.map((n, i) => (i === 0 ? 0 : i === axis ? 2 * n : n))
  return onnx.one('Reshape', [onnx.one('Concat', pair, { axis: axis + 1 }), onnx.ints(doubled)])
}

const doubleOp = defineOp({
  name: 'upsampleBilinear',
  shape: ([x]) => {
    const [height, width] = sizeOfImage(x)
    return [x[0], x[1], 2 * height, 2 * width]
  },
  forward: (onnx, [x], node) => {
    const [, c, height, width] = node.outputs[0].shape as readonly number[]
    if (onnx.dtype === 'float32')
      return onnx.one('Resize', [x, '', '', onnx.ints([height, width])], {
        axes: [2, 3],
        mode: 'linear',
        coordinate_transformation_mode: 'half_pixel',
      })
    // onnxruntime's Resize does not support float64.
    const rows = doubleAxis(onnx, x, 2, [0, c, height / 2, width / 2])
    return doubleAxis(onnx, rows, 3, [0, c, height, width / 2])
  },
  gradient: (g) => [upsampleBilinearTranspose(g)],
})
/**
 * Bilinear doubling with pixel centres at half-integers (PyTorch's align_corners = false)
 * ∂x = g summed with the same weights
 * @param x [B, C, H, W]
 * @returns [B, C, 2H, 2W]
 */
export const upsampleBilinear = (x: Value): Value => doubleOp([x], undefined)[0]

const doubleTransposeOp = defineOp({
  name: 'upsampleBilinearTranspose',
  shape: ([g]) => pooled(g, { factor: 2 }),
  // Weights ¼, ¾, ¾, ¼ along each axis, at every second position. g is repeated at its ends, where the doubling repeats
  // x.
  forward: (onnx, [g], node) => {
    const padded = padImage(onnx, g, [1, 1, 1, 1], 'edge')
    if (onnx.dtype === 'float32') {
      // Taking the mean of two neighbours three times gives the weights ⅛, ⅜, ⅜, ⅛ along each axis.
      const mean = (x: string, step: number) =>
        onnx.one('AveragePool', [x], { kernel_shape: [2, 2], strides: [step, step] })
      return onnx.one('Mul', [mean(mean(mean(padded, 1), 1), 2), onnx.scalar(4)])
    }
    const size = sizeOfImage(node.outputs[0].shape)
    return [2, 3].reduce((x, axis) => {
      const length = size[axis - 2]
      const terms = [0.25, 0.75, 0.75, 0.25].map((weight, start) => {
        const bounds = [start, start + 2 * length - 1, axis, 2].map((n) => onnx.ints([n]))
        return onnx.one('Mul', [onnx.one('Slice', [x, ...bounds]), onnx.scalar(weight)])
      })
      return terms.reduce((a, b) => onnx.one('Add', [a, b]))
    }, padded)
  },
  gradient: (g) => [upsampleBilinear(g)],
})
/** Transpose of upsampleBilinear;  ∂g = upsampleBilinear of the gradient */
const upsampleBilinearTranspose = (g: Value): Value => doubleTransposeOp([g], undefined)[0]

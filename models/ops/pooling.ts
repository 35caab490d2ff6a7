import { fixed, sizeOf, type Shape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
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
 * ∂x = g at the largest, 0 elsewhere; of equals the first in reading order gets it all
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
/** y = the mean of each factor×factor square, [B, C, H, W] → [B, C, H/factor, W/factor];  ∂x = g/factor², spread */
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
    // onnxruntime's Resize knows no float64.
    const apart = onnx.one('Unsqueeze', [x, onnx.ints([3, 5])])
    const repeated = onnx.one('Expand', [apart, onnx.ints([1, 1, 1, factor, 1, factor])])
    return onnx.one('Reshape', [repeated, onnx.ints([0, c, height, width])])
  },
  gradient: (g, { attributes: { factor } }) => [mul(avgPool(g, factor), g.graph.scalar(factor ** 2))],
})
/** y = each pixel repeated factor×factor times (nearest);  ∂x = Σ g over the square */
export const upsample = (x: Value, factor = 2): Value => upsampleOp([x], { factor })[0]

import { addDims, sameShape, sizeOf, subtractDims, type Dim, type Shape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { defineOp } from './op.ts'
import { axisOf, broadcast, reshapeTarget, rule } from './shapes.ts'

const reshapeOp = defineOp<{ shape: Shape }>({
  name: 'reshape',
  shape: ([x], { shape }) => {
    reshapeTarget(shape)
    rule(sizeOf(x) === sizeOf(shape), `[${x.join(', ')}] and [${shape.join(', ')}] must have the same size`)
    return shape
  },
  forward: (onnx, [x], node) => onnx.one('Reshape', [x, onnx.ints(reshapeTarget(node.outputs[0].shape))]),
  gradient: (g, { inputs: [x] }) => [reshape(g, x.shape)],
})
/** The same numbers in another shape;  ∂x = g in the shape of x */
export const reshape = (x: Value, shape: Shape): Value => reshapeOp([x], { shape })[0]

const transposeOp = defineOp<{ order: readonly number[] }>({
  name: 'transpose',
  shape: ([x], { order }) => {
    rule(
      [...order].sort((a, b) => a - b).join() === x.map((_, i) => i).join(),
      `order [${order}] must name each axis once`,
    )
    return order.map((axis) => x[axis])
  },
  forward: (onnx, [x], node) =>
    onnx.one('Transpose', [x], { perm: (node.attributes as { order: readonly number[] }).order }),
  gradient: (g, { attributes: { order } }) => {
    const back = new Array<number>(order.length)
    order.forEach((axis, i) => (back[axis] = i))
    return [transpose(g, back)]
  },
})
/** Permutes the axes: axis i of y is axis order[i] of x;  ∂x = g permuted back */
export const transpose = (x: Value, order: readonly number[]): Value => transposeOp([x], { order })[0]

const concatOp = defineOp<{ axis: number }>({
  name: 'concat',
  shape: (inputs, { axis }) => {
    const first = inputs[0]
    for (const shape of inputs)
      rule(
        shape.length === first.length && shape.every((d, i) => i === axis || d === first[i]),
        `shapes must agree but for axis ${axis}`,
      )
    return first.map((d, i) => (i === axis ? inputs.map((s) => s[axis]).reduce(addDims) : d))
  },
  forward: (onnx, inputs, node) => onnx.one('Concat', inputs, { axis: (node.attributes as { axis: number }).axis }),
  gradient: (g, { inputs, attributes: { axis } }) => {
    let start: Dim = 0
    return inputs.map((input) => {
      const end = addDims(start, input.shape[axis])
      const part = slice(g, axis, start, end)
      start = end
      return part
    })
  },
})
/** Concatenates values along `axis`;  ∂xᵢ = its part of g */
export const concat = (values: readonly Value[], axis: number): Value =>
  values.length === 1 ? values[0] : concatOp(values, { axis: axisOf(axis, values[0].shape.length) })[0]

interface SliceAttributes {
  axis: number
  start: Dim
  end: Dim
}
/**
 * Returns bounds as numbers for ONNX. An end equal to the axis's length means "to the end"; other symbolic bounds count
 * from the end.
 */
function sliceBounds({ axis, start, end }: SliceAttributes, x: Shape): [number, number] {
  const fromEnd = (dim: Dim) => (typeof dim === 'number' ? dim : subtractDims(dim, x[axis]))
  const [from, to] = [fromEnd(start), fromEnd(end)]
  if (typeof from !== 'number' || typeof to !== 'number')
    throw new Error(`slice ${start}…${end} of axis ${axis} must lie a fixed number of places from one of its ends`)
  return [from, typeof end !== 'number' && to === 0 ? Number.MAX_SAFE_INTEGER : to]
}
const sliceOp = defineOp<SliceAttributes>({
  name: 'slice',
  shape: ([x], at) => {
    sliceBounds(at, x)
    return x.map((d, i) => (i === at.axis ? subtractDims(at.end, at.start) : d))
  },
  forward: (onnx, [x], node) => {
    const at = node.attributes as SliceAttributes
    const [start, end] = sliceBounds(at, node.inputs[0].shape)
    return onnx.one('Slice', [x, onnx.ints([start]), onnx.ints([end]), onnx.ints([at.axis])])
  },
  gradient: (g, { inputs: [x], attributes: { axis, start, end } }) => [
    padWithZeros(g, x, axis, start, subtractDims(x.shape[axis], end)),
  ],
})
/** x[start … end) along `axis`;  ∂x = g with zeros before and after */
export function slice(x: Value, axis: number, start: Dim, end: Dim): Value {
  const at = axisOf(axis, x.shape.length)
  return start === 0 && end === x.shape[at] ? x : sliceOp([x], { axis: at, start, end })[0]
}

interface PadAttributes {
  axis: number
  before: number
  after: number
}
const padOp = defineOp<PadAttributes>({
  name: 'pad',
  shape: ([x], { axis, before, after }) => x.map((d, i) => (i === axis ? addDims(d, before + after) : d)),
  forward: (onnx, [x], node) => {
    const { axis, before, after } = node.attributes as PadAttributes
    return onnx.one('Pad', [x, onnx.ints([before, after]), '', onnx.ints([axis])])
  },
  gradient: (g, { inputs: [x], attributes: { axis, before } }) => [
    slice(g, axis, before, addDims(x.shape[axis], before)),
  ],
})
/** Adds zeros before and after x along `axis`;  ∂x = g without them */
export const pad = (x: Value, axis: number, before: number, after: number): Value =>
  before === 0 && after === 0 ? x : padOp([x], { axis: axisOf(axis, x.shape.length), before, after })[0]

/** pad with possibly symbolic sides. Symbolic zeros are made from a slice of `like` of the right length. */
function padWithZeros(g: Value, like: Value, axis: number, before: Dim, after: Dim): Value {
  const zeros = (start: Dim, length: Dim) => {
    const part = slice(like, axis, start, addDims(start, length))
    return sliceOfZeros([part], undefined)[0]
  }
  const fixedBefore = typeof before === 'number' ? before : 0
  const fixedAfter = typeof after === 'number' ? after : 0
  let padded = pad(g, axis, fixedBefore, fixedAfter)
  if (typeof before !== 'number') padded = concat([zeros(0, before), padded], axis)
  if (typeof after !== 'number') padded = concat([padded, zeros(subtractDims(like.shape[axis], after), after)], axis)
  return padded
}
/** y = 0 in the shape of x, also if its length is symbolic */
const sliceOfZeros = defineOp({
  name: 'zerosLike',
  shape: ([x]) => x,
  forward: (onnx, [x]) => onnx.one('Expand', [onnx.scalar(0), onnx.one('Shape', [x])]),
  gradient: 'notDifferentiable',
})
export const zerosLike = (x: Value): Value => sliceOfZeros([x], undefined)[0]

const expandOp = defineOp({
  name: 'expandLike',
  shape: ([x, like]) => {
    rule(sameShape(broadcast(x, like), like), 'the first must broadcast to the second')
    return like
  },
  forward: (onnx, [x, like], node) => {
    const { shape } = node.outputs[0]
    const target = shape.every((d) => typeof d === 'number') ? onnx.ints(shape as number[]) : onnx.one('Shape', [like])
    return onnx.one('Expand', [x, target])
  },
  gradient: (g) => [g, undefined],
})
/** Broadcasts x to the shape of `like`;  ∂x = g (autodiff.ts sums it back) */
export const expandLike = (x: Value, like: Value): Value =>
  sameShape(x.shape, like.shape) ? x : expandOp([x, like], undefined)[0]

const gatherOp = defineOp({
  name: 'gather',
  shape: ([x, index]) => {
    rule(x.length >= 1 && index.length === 1, 'x must have rows and the index one axis')
    return [index[0], ...x.slice(1)]
  },
  forward: (onnx, [x, index]) => onnx.one('Gather', [x, index], { axis: 0 }),
  gradient: (g, { inputs: [x, index] }) => [scatterAdd(zerosLike(x), index, g), undefined],
})
/** y = rows x[index] (index int64);  ∂x = g added to the rows it came from */
export const gather = (x: Value, index: Value): Value => gatherOp([x, index], undefined)[0]

const scatterOp = defineOp({
  name: 'scatterAdd',
  shape: ([x, index, rows]) => {
    rule(index.length === 1 && sameShape(rows, [index[0], ...x.slice(1)]), 'rows must be one row of x for each index')
    return x
  },
  forward: (onnx, [x, index, rows]) => {
    const at = onnx.one('Unsqueeze', [index, onnx.ints([1])])
    return onnx.one('ScatterND', [x, at, rows], { reduction: 'add' })
  },
  gradient: (g, { inputs: [, index] }) => [g, undefined, gather(g, index)],
})
/** y = x with `rows` added at `index`;  ∂x = g, ∂rows = g[index] */
export const scatterAdd = (x: Value, index: Value, rows: Value): Value => scatterOp([x, index, rows], undefined)[0]

import { fixed, sameShape, type Shape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { defineOp } from './op.ts'
import { axisOf, rule } from './shapes.ts'
import { exp, mul, sub } from './elementwise.ts'
import { expandLike, reshape } from './shape.ts'

interface ReduceAttributes {
  axes: readonly number[]
  keep: boolean
}
const reduced = (x: Shape, { axes, keep }: ReduceAttributes): Shape =>
  keep ? x.map((d, i) => (axes.includes(i) ? 1 : d)) : x.filter((_, i) => !axes.includes(i))
const kept = (x: Shape, axes: readonly number[]): Shape => x.map((d, i) => (axes.includes(i) ? 1 : d))

const sumOp = defineOp<ReduceAttributes>({
  name: 'sum',
  shape: ([x], attributes) => reduced(x, attributes),
  forward: (onnx, [x], node) => {
    const { axes, keep } = node.attributes as ReduceAttributes
    return onnx.one('ReduceSum', [x, onnx.ints(axes)], { keepdims: keep ? 1 : 0 })
  },
  gradient: (g, { inputs: [x], attributes: { axes } }) => [expandLike(reshape(g, kept(x.shape, axes)), x)],
})
/** Σ over `axes` (default: all), which stay as length 1 if `keep`;  ∂x = g broadcast back */
export function sum(x: Value, axes: readonly number[] = x.shape.map((_, i) => i), keep = false): Value {
  const at = axes.map((axis) => axisOf(axis, x.shape.length))
  return at.length === 0 ? x : sumOp([x], { axes: at, keep })[0]
}

/** Mean over axes of known length, computed as sum and division */
export function mean(x: Value, axes: readonly number[], keep = false): Value {
  const count = axes.reduce((n, axis) => n * fixed(x.shape[axisOf(axis, x.shape.length)], 'A mean’s axis'), 1)
  return mul(sum(x, axes, keep), x.graph.scalar(1 / count))
}

/**
 * Sums g back to `shape`, from which it was broadcast. Used once, in autodiff.ts, so that no gradient rule needs to.
 */
export function sumTo(g: Value, shape: Shape): Value {
  if (sameShape(g.shape, shape)) return g
  const lead = g.shape.length - shape.length
  rule(lead >= 0, 'a gradient must have at least the rank of its value')
  const axes = g.shape.map((_, i) => i).filter((i) => i < lead || (shape[i - lead] === 1 && g.shape[i] !== 1))
  return reshape(sum(g, axes), shape)
}

const maxOp = defineOp<{ axis: number }>({
  name: 'max',
  shape: ([x], { axis }) => x.map((d, i) => (i === axis ? 1 : d)),
  forward: (onnx, [x], node) =>
    onnx.one('ReduceMax', [x, onnx.ints([(node.attributes as { axis: number }).axis])], { keepdims: 1 }),
  gradient: 'notDifferentiable',
})
/**
 * Largest value along `axis`, kept as length 1. Not differentiable: for use where only the value matters (argmax,
 * stable exponentials).
 */
export const max = (x: Value, axis: number): Value => maxOp([x], { axis: axisOf(axis, x.shape.length) })[0]

const arg = (name: string, type: string) => {
  const op = defineOp<{ axis: number }>({
    name,
    shape: ([x], { axis }) => x.filter((_, i) => i !== axis),
    dtype: 'int64',
    forward: (onnx, [x], node) =>
      onnx.one(type, [x], { axis: (node.attributes as { axis: number }).axis, keepdims: 0 }),
    gradient: 'notDifferentiable',
  })
  return (x: Value, axis: number): Value => op([x], { axis: axisOf(axis, x.shape.length) })[0]
}
/** Index of the largest value along `axis` (the first among equals), int64 */
export const argMax = arg('argMax', 'ArgMax')
/** Index of the smallest value along `axis` (the first among equals), int64 */
export const argMin = arg('argMin', 'ArgMin')

const softmaxOp = defineOp({
  name: 'softmax',
  shape: ([x]) => x,
  forward: (onnx, [x]) => onnx.one('Softmax', [x], { axis: -1 }),
  gradient: (g, { outputs: [y] }) => [mul(y, sub(g, sum(mul(g, y), [-1], true)))],
})
/** yᵢ = e^xᵢ / Σ e^xⱼ over the last axis;  ∂x = y·(g − Σ g·y) */
export const softmax = (x: Value): Value => softmaxOp([x], undefined)[0]

const logSoftmaxOp = defineOp({
  name: 'logSoftmax',
  shape: ([x]) => x,
  forward: (onnx, [x]) => onnx.one('LogSoftmax', [x], { axis: -1 }),
  gradient: (g, { outputs: [y] }) => [sub(g, mul(exp(y), sum(g, [-1], true)))],
})
/** y = x − ln Σ e^x over the last axis;  ∂x = g − e^y·Σ g */
export const logSoftmax = (x: Value): Value => logSoftmaxOp([x], undefined)[0]

const layerNormOp = defineOp<{ epsilon: number }>({
  name: 'layerNorm',
  shape: ([x, weight, bias]) => {
    const width = x[x.length - 1]
    rule(sameShape(weight, [width]) && sameShape(bias, [width]), 'weight and bias must have the last axis’s length')
    const column = [...x.slice(0, -1), 1]
    return { all: [x, column, column] }
  },
  forward: (onnx, [x, weight, bias], node) => {
    const { epsilon } = node.attributes as { epsilon: number }
    // onnxruntime's mean and deviation outputs are always float32, so float64 graphs spell the op out.
    if (onnx.dtype === 'float32')
      return onnx.node('LayerNormalization', [x, weight, bias], { axis: -1, epsilon: { float: epsilon } }, 3)
    const axes = onnx.ints([-1])
    const mean = onnx.one('ReduceMean', [x, axes], { keepdims: 1 })
    const centred = onnx.one('Sub', [x, mean])
    const variance = onnx.one('ReduceMean', [onnx.one('Mul', [centred, centred]), axes], { keepdims: 1 })
    const inverse = onnx.one('Div', [
      onnx.scalar(1),
      onnx.one('Sqrt', [onnx.one('Add', [variance, onnx.scalar(epsilon)])]),
    ])
    const normal = onnx.one('Mul', [centred, inverse])
    return [onnx.one('Add', [onnx.one('Mul', [normal, weight]), bias]), mean, inverse]
  },
  gradient: (g, { inputs: [x, weight, bias], outputs: [, mu, inverse] }) => {
    const normal = mul(sub(x, mu), inverse)
    const scaled = mul(g, weight)
    const inner = sub(sub(scaled, mean(scaled, [-1], true)), mul(normal, mean(mul(scaled, normal), [-1], true)))
    return [mul(inner, inverse), sumTo(mul(g, normal), weight.shape), sumTo(g, bias.shape)]
  },
})
/**
 * y = x̂·γ + β with x̂ = (x − μ)/σ over the last axis, σ² = var + ε   (Ba et al. 2016)
 * ∂x = (g·γ − mean(g·γ) − x̂·mean(g·γ·x̂))/σ, ∂γ = Σ g·x̂, ∂β = Σ g
 */
export const layerNorm = (x: Value, weight: Value, bias: Value, epsilon: number): Value =>
  layerNormOp([x, weight, bias], { epsilon })[0]

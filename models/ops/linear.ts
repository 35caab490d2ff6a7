import { sameShape, type Shape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { defineOp } from './op.ts'
import { broadcast, rule } from './shapes.ts'
import { transpose } from './shape.ts'

const turned = ([a, b]: Shape, yes: boolean): Shape => (yes ? [b, a] : [a, b])

interface GemmAttributes {
  transA: boolean
  transB: boolean
}
const gemmOp = defineOp<GemmAttributes>({
  name: 'gemm',
  shape: ([a, b, bias], { transA, transB }) => {
    rule(a.length === 2 && b.length === 2, 'both factors must be matrices')
    const [rows, inner] = turned(a, transA)
    const [innerB, columns] = turned(b, transB)
    rule(inner === innerB, `inner dimensions must agree (${inner} and ${innerB})`)
    if (bias) rule(sameShape(bias, [columns]), `the bias must have shape [${columns}]`)
    return [rows, columns]
  },
  forward: (onnx, inputs, node) => {
    const { transA, transB } = node.attributes as GemmAttributes
    return onnx.one('Gemm', inputs, { transA: transA ? 1 : 0, transB: transB ? 1 : 0 })
  },
  gradient: (g, { inputs: [a, b, bias], attributes: { transA, transB } }) => [
    transA ? gemm(b, g, { transA: transB, transB: true }) : gemm(g, b, { transB: !transB }),
    transB ? gemm(g, a, { transA: true, transB: transA }) : gemm(a, g, { transA: !transA }),
    bias && g, // autodiff.ts sums it over the rows
  ],
})
/** y = op(a)·op(b) + bias, where op transposes if asked;  for y = a·b: ∂a = g·bᵀ, ∂b = aᵀ·g, ∂bias = Σ rows of g */
export const gemm = (
  a: Value,
  b: Value,
  { transA = false, transB = false, bias }: { transA?: boolean; transB?: boolean; bias?: Value } = {},
): Value => gemmOp(bias ? [a, b, bias] : [a, b], { transA, transB })[0]

const swapLast = (x: Value): Value => {
  const rank = x.shape.length
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2])
}
const matMulOp = defineOp({
  name: 'matMul',
  shape: ([a, b]) => {
    rule(a.length >= 2 && b.length >= 2, 'both factors must be matrices or stacks of them')
    rule(a[a.length - 1] === b[b.length - 2], 'inner dimensions must agree')
    return [...broadcast(a.slice(0, -2), b.slice(0, -2)), a[a.length - 2], b[b.length - 1]]
  },
  forward: (onnx, inputs) => onnx.one('MatMul', inputs),
  gradient: (g, { inputs: [a, b] }) => [matMul(g, swapLast(b)), matMul(swapLast(a), g)],
})
/** Batched matrix product over the last two axes; the other axes broadcast;  ∂a = g·bᵀ, ∂b = aᵀ·g */
export const matMul = (a: Value, b: Value): Value => matMulOp([a, b], undefined)[0]

import { fixed, sameShape, type Dim } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import type { Emitter } from '../graph/onnx.ts'
import { mul, sub } from './elementwise.ts'
import { matMul } from './linear.ts'
import { defineOp } from './op.ts'
import { sum } from './reduce.ts'
import { concat, reshape, transpose } from './shape.ts'
import { rule } from './shapes.ts'

interface AttentionAttributes {
  heads: number
  scale: number
}
/** Permutation from [batch, tokens, 3, heads, width] to [3, batch, heads, tokens, width], and its inverse. */
const headsFirst = [2, 0, 3, 1, 4]
const tokensFirst = [1, 3, 0, 2, 4]
const lastTwoSwapped = [0, 1, 3, 2]

const attentionOp = defineOp<AttentionAttributes>({
  name: 'attention',
  shape: ([qkv, mask], { heads }) => {
    rule(qkv.length === 3, 'queries, keys and values must lie side by side as [batch, tokens, 3·D]')
    const [batch, tokens] = qkv
    const width = fixed(qkv[2], 'The width of queries, keys and values')
    rule(width % (3 * heads) === 0, `width ${width} must be divisible by 3 and by ${heads} heads`)
    if (mask)
      rule(
        sameShape(mask, [batch, 1, 1, tokens]) || sameShape(mask, [batch, heads, tokens, tokens]),
        'the mask must be [batch, 1, 1, tokens] or [batch, heads, tokens, tokens]',
      )
    const perHead: Dim[] = [batch, heads, tokens, width / 3 / heads]
    return { all: [[batch, tokens, width / 3], [batch, heads, tokens, tokens], perHead, perHead, perHead] }
  },
  forward: (onnx, [qkv, mask], node, wanted) => {
    const { heads, scale } = node.attributes as AttentionAttributes
    // If only y is needed, onnxruntime's own kernel avoids writing the tokens × tokens matrix to memory.
    const onlyY = wanted.every((is, i) => is === (i === 0))
    if (onlyY && onnx.contrib && onnx.dtype === 'float32' && !mask) {
      const parts = onnx.node('Split', [qkv], { axis: 2, num_outputs: 3 }, 3)
      return onnx.contrib('MultiHeadAttention', parts, { num_heads: heads, scale: { float: scale } })
    }
    const width = (node.inputs[0].shape[2] as number) / 3 / heads
    const apart = onnx.one('Reshape', [qkv, onnx.ints([0, 0, 3, heads, width])])
    const stacked = onnx.one('Transpose', [apart], { perm: headsFirst })
    const [q, k, v] = onnx
      .node('Split', [stacked], { axis: 0, num_outputs: 3 }, 3)
      .map((part) => onnx.one('Squeeze', [part, onnx.ints([0])]))
    const p = onnx.one('Softmax', [scores(onnx, q, k, scale, mask)], { axis: -1 })
    const y = onnx.one('Transpose', [onnx.one('MatMul', [p, v])], { perm: [0, 2, 1, 3] })
    return [onnx.one('Reshape', [y, onnx.ints([0, 0, heads * width])]), p, q, k, v]
  },
  gradient: (g, { inputs: [qkv], outputs: [y, p, q, k, v], attributes: { heads, scale } }) => {
    const [batch, tokens, width] = qkv.shape as [number, Dim, number]
    const s = qkv.graph.scalar(scale)
    const perHead = (x: Value) => reshape(x, [batch, tokens, heads, width / 3 / heads])
    const gy = transpose(perHead(g), [0, 2, 1, 3])
    // δᵢ = Σⱼ gᵢ·vⱼ pᵢⱼ = gᵢ·yᵢ: one pass over tokens × width instead of tokens².
    const delta = transpose(sum(perHead(mul(g, y)), [-1], true), [0, 2, 1, 3])
    const dScores = mul(p, sub(matMul(gy, transpose(v, lastTwoSwapped)), delta))
    const dq = mul(matMul(dScores, k), s)
    const dk = mul(matMul(transpose(dScores, lastTwoSwapped), q), s)
    const dv = matMul(transpose(p, lastTwoSwapped), gy)
    const stacked = concat(
      [dq, dk, dv].map((d) => reshape(d, [1, ...d.shape])),
      0,
    )
    return [reshape(transpose(stacked, tokensFirst), qkv.shape), undefined]
  },
})

/** Scales q, which costs tokens × width; scaling the scores would cost tokens × tokens. */
function scores(onnx: Emitter, q: string, k: string, scale: number, mask?: string): string {
  const scaled = onnx.one('Mul', [q, onnx.scalar(scale)])
  const product = onnx.one('MatMul', [scaled, onnx.one('Transpose', [k], { perm: lastTwoSwapped })])
  return mask ? onnx.one('Add', [product, mask]) : product
}

/**
 * Self-attention: y = p·v with p = softmax(scale·q·kᵀ + mask), for each head   (Vaswani et al. 2017)
 * ∂v = pᵀ·g;  with ∂s = p·(g·vᵀ − Σ g·y): ∂q = scale·∂s·k, ∂k = scale·∂sᵀ·q;  the mask has no gradient
 * @param qkv queries, keys and values side by side, [batch, tokens, 3·D], D = heads·width
 * @param mask added to the scores, [batch, 1, 1, tokens] or [batch, heads, tokens, tokens]: 0 for full attention,
 * negative for less, strongly negative for padding
 * @returns y [batch, tokens, D] and p [batch, heads, tokens, tokens]
 */
export function attention(qkv: Value, heads: number, scale: number, mask?: Value): { y: Value; p: Value } {
  const [y, p] = attentionOp(mask ? [qkv, mask] : [qkv], { heads, scale })
  return { y, p }
}

import { sameShape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { mul, neg } from './elementwise.ts'
import { matMul } from './linear.ts'
import { defineOp } from './op.ts'
import { sum } from './reduce.ts'
import { concat, expandLike, transpose } from './shape.ts'
import { rule } from './shapes.ts'

const attentionOp = defineOp<{ scale: number }>({
  name: 'attention',
  shape: ([q, k, v, mask]) => {
    rule(q.length === 3 && sameShape(k, v), 'q, k, v must be [heads, tokens, width], k and v alike')
    rule(q[0] === k[0] && q[2] === k[2], 'heads and head width must agree')
    if (mask)
      rule(sameShape(mask, [k[0], 1, k[1]]) || sameShape(mask, [1, 1, k[1]]), 'the mask must be [heads or 1, 1, keys]')
    return { all: [q, [q[0], q[1], k[1]]] }
  },
  forward: (onnx, [q, k, v, mask], node) => {
    const { scale } = node.attributes as { scale: number }
    // Scaling q costs tokens × width; scaling the scores would cost tokens × tokens.
    const scaled = onnx.one('Mul', [q, onnx.scalar(scale)])
    let scores = onnx.one('MatMul', [scaled, onnx.one('Transpose', [k], { perm: [0, 2, 1] })])
    if (mask) scores = onnx.one('Add', [scores, mask])
    const p = onnx.one('Softmax', [scores], { axis: -1 })
    return [onnx.one('MatMul', [p, v]), p]
  },
  gradient: (g, { inputs: [q, k, v], outputs: [y, p], attributes: { scale } }) => {
    const s = q.graph.scalar(scale)
    // δᵢ = Σⱼ gᵢ·vⱼ pᵢⱼ = gᵢ·yᵢ, so p·(g·vᵀ − δ) is one product with δ as an extra column: no pass over tokens²
    // to sum, none to subtract.
    const delta = neg(sum(mul(g, y), [-1], true))
    const one = expandLike(q.graph.constant(`one_${q.graph.nodes.length}`, [1], [1, 1, 1]), sum(v, [-1], true))
    const dScores = mul(p, matMul(concat([g, delta], 2), transpose(concat([v, one], 2), [0, 2, 1])))
    return [
      mul(matMul(dScores, k), s),
      mul(matMul(transpose(dScores, [0, 2, 1]), q), s),
      matMul(transpose(p, [0, 2, 1]), g),
      undefined,
    ]
  },
})
/**
 * y = p·v with p = softmax(scale·q·kᵀ + mask), for each head   (Vaswani et al. 2017)
 * ∂v = pᵀ·g;  with ∂s = p·(g·vᵀ − Σ g·y): ∂q = scale·∂s·k, ∂k = scale·∂sᵀ·q;  the mask has none
 * @returns y [heads, tokens, width] and p [heads, tokens, keys]
 */
export function attention(q: Value, k: Value, v: Value, scale: number, mask?: Value): { y: Value; p: Value } {
  const [y, p] = attentionOp(mask ? [q, k, v, mask] : [q, k, v], { scale })
  return { y, p }
}

import { sameShape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { defineOp } from './op.ts'
import { rule } from './shapes.ts'

/**
 * A sparse matrix [rows, columns] stored by rows, each padded to the same number of entries (ELLPACK). `index`, int64
 * [rows, entries], holds the columns; `weight`, [rows, entries], holds the values, 0 in padding.
 */
export interface SparseRows {
  readonly index: Value
  readonly weight: Value
}

interface SparseAttributes {
  /** The transposed matrix in the same form. */
  readonly transposed: SparseRows
}
const sparseOp = defineOp<SparseAttributes>({
  name: 'sparseMatMul',
  shape: ([x, weight, index]) => {
    rule(x.length === 2 && index.length === 2, 'x and the index must be matrices')
    rule(sameShape(index, weight), 'each entry must have an index and a weight')
    return [index[0], x[1]]
  },
  forward: (onnx, [x, weight, index]) => {
    const entries = onnx.one('Gather', [x, index], { axis: 0 })
    const product = onnx.one('MatMul', [onnx.one('Unsqueeze', [weight, onnx.ints([1])]), entries])
    return onnx.one('Squeeze', [product, onnx.ints([1])])
  },
  gradient: (g, { inputs: [, weight, index], attributes: { transposed } }) => [
    sparseMatMul(g, transposed, { index, weight }),
    undefined,
    undefined,
  ],
})
/**
 * y = S·x with S sparse and fixed: y[r] = Σ_k weight[r, k]·x[index[r, k]];  ∂x = Sᵀ·g, read from `transposed`
 *
 * Scattering g back to the rows of x would need no transposed S. But onnxruntime's ScatterND adds to the same row from
 * several threads at once, and concurrent writes get lost.
 * @param x [columns, channels]
 * @returns [rows, channels]
 */
export const sparseMatMul = (x: Value, { index, weight }: SparseRows, transposed: SparseRows): Value =>
  sparseOp([x, weight, index], { transposed })[0]

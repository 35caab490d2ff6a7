import type { Shape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { defineOp } from './op.ts'
import { rule } from './shapes.ts'

function checkRows(logits: Shape, index: Shape): void {
  rule(logits.length === 2 && index.length === 1, 'logits must be [rows, classes] and the index [rows]')
  rule(logits[0] === index[0], `rows must agree (${logits[0]} and ${index[0]})`)
}

const indexCrossEntropyOp = defineOp({
  name: 'indexCrossEntropy',
  shape: ([logits, index]) => {
    checkRows(logits, index)
    return index
  },
  forward: (onnx, [logits, index]) => {
    const picked = onnx.one('GatherElements', [logits, onnx.one('Unsqueeze', [index, onnx.ints([1])])], { axis: 1 })
    const whole = onnx.one('ReduceLogSumExp', [logits, onnx.ints([1])], { keepdims: 0 })
    return onnx.one('Sub', [whole, onnx.one('Squeeze', [picked, onnx.ints([1])])])
  },
  gradient: (g, { inputs: [logits, index] }) => [slope([logits, index, g], undefined)[0], undefined],
})
/**
 * Cross-entropy of each row against its target class: yᵢ = ln Σ_c e^xᵢ_c − xᵢ[tᵢ]. Needs no dense one-hot targets,
 * which for the 8192 visual tokens of 784 patches would take as much memory as the logits.
 * ∂xᵢ = gᵢ·(softmax(xᵢ) − one at tᵢ)
 * @param logits [N, classes]
 * @param index t, int64 [N]
 * @returns [N]
 */
export const indexCrossEntropy = (logits: Value, index: Value): Value =>
  indexCrossEntropyOp([logits, index], undefined)[0]

/** gᵢ·(softmax(xᵢ) − one at tᵢ); one op, so that the target changes only one number of each row */
const slope = defineOp({
  name: 'indexCrossEntropySlope',
  shape: ([logits, index, g]) => {
    checkRows(logits, index)
    checkRows(logits, g)
    return logits
  },
  forward: (onnx, [logits, index, g]) => {
    const axis = onnx.ints([1])
    const column = onnx.one('Unsqueeze', [g, axis])
    const p = onnx.one('Mul', [onnx.one('Softmax', [logits], { axis: 1 }), column])
    const updates = [onnx.one('Unsqueeze', [index, axis]), onnx.one('Neg', [column])]
    return onnx.one('ScatterElements', [p, ...updates], { axis: 1, reduction: 'add' })
  },
  gradient: 'notDifferentiable',
})

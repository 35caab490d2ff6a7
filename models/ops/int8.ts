import type { Value } from '../graph/graph.ts'
import { defineOp } from './op.ts'
import { rule } from './shapes.ts'

const int8MatMulOp = defineOp({
  name: 'int8MatMul',
  shape: ([x, w, scale, bias]) => {
    rule(x.length === 2 && w.length === 2 && x[1] === w[0], 'x must be [rows, in] and w [in, out]')
    rule(
      scale.length === 1 && scale[0] === w[1] && bias.length === 1 && bias[0] === w[1],
      'scale and bias must be [out]',
    )
    return [x[0], w[1]]
  },
  forward: (onnx, [x, w, scale, bias]) => {
    if (!onnx.contrib) throw new Error('int8MatMul has no form in plain ONNX: export the float32 network.')
    return onnx.contrib('DynamicQuantizeMatMul', [x, w, scale, '', bias])
  },
  gradient: 'notDifferentiable',
})
/**
 * y ≈ x·(w·scale) + bias, with w int8 [in, out] and x quantised to 8 bits at each run (onnxruntime's
 * DynamicQuantizeMatMul).
 */
export const int8MatMul = (x: Value, w: Value, scale: Value, bias: Value): Value =>
  int8MatMulOp([x, w, scale, bias], undefined)[0]

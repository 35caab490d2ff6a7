import type { Value } from '../graph/graph.ts'
import { defineOp } from './op.ts'
import { broadcast, same } from './shapes.ts'

const comparison = (name: string, type: string) => {
  const op = defineOp({
    name,
    shape: ([a, b]) => broadcast(a, b),
    dtype: 'bool',
    forward: (onnx, inputs) => onnx.one(type, inputs),
    gradient: 'notDifferentiable',
  })
  return (a: Value, b: Value): Value => op([a, b], undefined)[0]
}
/** a > b, bool */
export const greater = comparison('greater', 'Greater')
/** a = b, bool */
export const equal = comparison('equal', 'Equal')

const selectOp = defineOp({
  name: 'select',
  // dtype follows the first input, so the values come first and the mask last.
  shape: ([a, b, mask]) => broadcast(mask, broadcast(a, b)),
  forward: (onnx, [a, b, mask]) => onnx.one('Where', [mask, a, b]),
  gradient: (g, { inputs: [, , mask] }) => {
    const zero = g.graph.scalar(0)
    return [select(mask, g, zero), select(mask, zero, g), undefined]
  },
})
/** y = a where the mask (bool) is true, else b, all broadcast;  ∂a = g where true, ∂b = g where false */
export const select = (mask: Value, a: Value, b: Value): Value => selectOp([a, b, mask], undefined)[0]

const straightThroughOp = defineOp({
  name: 'straightThrough',
  shape: ([x, value]) => {
    same(x, value)
    return x
  },
  forward: (onnx, [, value]) => onnx.one('Identity', [value]),
  gradient: (g) => [g, undefined],
})
/**
 * y = value, treated as x by the gradient: ∂x = g, none for value   (straight-through estimator, Bengio et al. 2013)
 */
export const straightThrough = (x: Value, value: Value): Value => straightThroughOp([x, value], undefined)[0]

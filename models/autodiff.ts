import { sameShape } from './graph/dim.ts'
import type { OpNode, Value } from './graph/graph.ts'
import type { GradientRule } from './ops/op.ts'
import { add } from './ops/elementwise.ts'
import { sumTo } from './ops/reduce.ts'
import { zerosLike } from './ops/shape.ts'

/**
 * Returns ∂loss/∂parameters by reverse-mode differentiation. Visits the nodes in reverse order of creation (a
 * topological order) and adds each node's gradients to those its inputs already have. Gradients of broadcast inputs are
 * summed back to the input's shape here, so that no gradient rule has to. Skips nodes that depend on no parameter.
 * Gradients that a rule computes for nothing are left out when the graph is written.
 *
 * @param loss scalar, shape []; or, with `upstream`, any value y
 * @param parameters the values to differentiate by: parameters, or any other values of the graph
 * @param upstream ∂loss/∂y, of y's shape, where the loss itself is computed later from y
 * @returns one value for each parameter, of its shape; zeros for a parameter the loss does not depend on
 */
export function gradients(loss: Value, parameters: readonly Value[], upstream: Value = loss.graph.scalar(1)): Value[] {
  const { graph } = loss
  if (!sameShape(loss.shape, upstream.shape))
    throw new Error(`A loss must be a scalar, or as its gradient from further on; got ${String(loss)}.`)
  const forwardNodes = [...graph.nodes]
  const needed = dependents(forwardNodes, parameters)
  const sums = new Map<Value, Value>([[loss, upstream]])

  for (let i = forwardNodes.length - 1; i >= 0; i--) {
    const node = forwardNodes[i]
    if (!needed.has(node)) continue
    const outputGradients = node.outputs.map((value) => sums.get(value))
    const g = outputGradients.find((value) => value !== undefined)
    if (g === undefined || node.op.gradient === 'notDifferentiable') continue
    const rule = node.op.gradient as unknown as GradientRule<unknown>
    const inputGradients = graph.scope(node.scope ? `grad.${node.scope}` : 'grad', () =>
      rule(outputGradients[0] ?? zerosLike(node.outputs[0]), {
        inputs: node.inputs,
        outputs: node.outputs,
        attributes: node.attributes,
        gradients: outputGradients,
      }).map((gradient, k) => gradient && sumTo(gradient, node.inputs[k].shape)),
    )
    inputGradients.forEach((gradient, k) => {
      if (!gradient) return
      const input = node.inputs[k]
      const sofar = sums.get(input)
      sums.set(input, sofar ? graph.scope('grad', () => add(sofar, gradient)) : gradient)
    })
  }
  return parameters.map((parameter) => sums.get(parameter) ?? zerosLike(parameter))
}

/** Returns the nodes whose value depends on one of `sources` through differentiable ops. */
function dependents(nodes: readonly OpNode[], sources: readonly Value[]): Set<OpNode> {
  const values = new Set(sources)
  const found = new Set<OpNode>()
  for (const node of nodes) {
    if (node.op.gradient === 'notDifferentiable' || !node.inputs.some((v) => values.has(v))) continue
    found.add(node)
    for (const value of node.outputs) values.add(value)
  }
  return found
}

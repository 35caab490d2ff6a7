import { showShape, type Shape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { type DataType, type OpNode } from '../graph/graph.ts'
import type { Emitter } from '../graph/onnx.ts'

/** What a gradient rule can use. */
export interface GradientContext<Attributes> {
  readonly inputs: readonly Value[]
  /** The op's value, followed by what its forward rule kept for the gradient. */
  readonly outputs: readonly Value[]
  readonly attributes: Attributes
  /** ∂loss/∂outputs; undefined where an output is not used. */
  readonly gradients: readonly (Value | undefined)[]
}

/**
 * Returns ∂loss/∂inputs from g = ∂loss/∂outputs[0], in the order of the inputs; undefined for an input without a
 * gradient (such as an index). A gradient may have the broadcast shape: autodiff.ts sums it back.
 */
export type GradientRule<Attributes> = (
  g: Value,
  context: GradientContext<Attributes>,
) => readonly (Value | undefined)[]

/**
 * Writes an op's ONNX nodes and returns the names of its outputs. `wanted` says which outputs are read: outputs kept
 * for the gradient need not be computed if there is no gradient.
 */
export type ForwardRule = (
  onnx: Emitter,
  inputs: readonly string[],
  node: OpNode,
  wanted: readonly boolean[],
) => string | string[]

/** Everything about one op. `gradient` has no default, so an op without one does not compile. */
export interface OpSpec<Attributes> {
  readonly name: string
  /** Output shapes; throws an Error that says what must hold. Outputs after the first are kept for the gradient. */
  readonly shape: (inputs: readonly Shape[], attributes: Attributes) => Shape | { readonly all: readonly Shape[] }
  /** dtype of the outputs; default: that of the first input. */
  readonly dtype?: DataType
  /** dtype of the outputs kept for the gradient, if different. */
  readonly keptDtype?: DataType
  readonly forward: ForwardRule
  readonly gradient: GradientRule<Attributes> | 'notDifferentiable'
}

/** An op as graphs hold it, whatever the type of its attributes. */
export interface Op {
  readonly name: string
  readonly forward: ForwardRule
  readonly gradient: GradientRule<never> | 'notDifferentiable'
}

/** Every op by name. The gradient tests go through this table. */
export const opTable = new Map<string, Op>()

/** An error in the definition of a network: names the op, the shapes and the scope. */
export class ShapeError extends Error {
  constructor(op: string, inputs: readonly Value[], scope: string, rule: string) {
    const shapes = inputs.map((v) => `${v.name} ${showShape(v.shape)}`).join(', ')
    super(`${op} in scope "${scope || '(top)'}": ${rule}; got ${shapes}.`)
    this.name = 'ShapeError'
  }
}

/**
 * Adds an op to the table and returns the function that applies it to values and returns all its outputs. That function
 * throws ShapeError if the shapes do not fit.
 */
export function defineOp<Attributes = undefined>(
  spec: OpSpec<Attributes>,
): (inputs: readonly Value[], attributes: Attributes) => readonly Value[] {
  if (opTable.has(spec.name)) throw new Error(`There are two ops named "${spec.name}".`)
  opTable.set(spec.name, spec as unknown as Op)
  return (inputs, attributes) => {
    const graph = inputs[0].graph
    let shape: ReturnType<typeof spec.shape>
    try {
      for (const value of inputs) if (value.graph !== graph) throw new Error('all inputs must belong to one graph')
      shape = spec.shape(
        inputs.map((v) => v.shape),
        attributes,
      )
    } catch (error) {
      throw new ShapeError(spec.name, inputs, graph.scopeName, error instanceof Error ? error.message : String(error))
    }
    const shapes = 'all' in shape ? shape.all : [shape]
    const dtype = spec.dtype ?? inputs[0].dtype
    const dtypes = shapes.map((_, i) => (i > 0 && spec.keptDtype ? spec.keptDtype : dtype))
    return graph.add(spec as unknown as Op, inputs, shapes, dtypes, attributes).outputs
  }
}

import type { Op } from '../ops/op.ts'
import { showShape, type Shape } from './dim.ts'

export type FloatType = 'float32' | 'float64'
export type DataType = FloatType | 'int64' | 'bool' | 'uint8' | 'int8'

/** One tensor of a graph. Its shape is known when the graph is built, its numbers only when the graph runs. */
export class Value {
  readonly graph: Graph
  readonly name: string
  readonly shape: Shape
  readonly dtype: DataType
  /** The node that computes it; undefined for inputs, parameters and constants. */
  readonly producer: OpNode | undefined
  constructor(graph: Graph, name: string, shape: Shape, dtype: DataType, producer?: OpNode) {
    this.graph = graph
    this.name = name
    this.shape = shape
    this.dtype = dtype
    this.producer = producer
  }
  toString(): string {
    return `${this.name} ${showShape(this.shape)}`
  }
}

/** One application of an op. `outputs[0]` is its value; further outputs are kept for the gradient. */
export interface OpNode {
  readonly op: Op
  readonly inputs: readonly Value[]
  readonly outputs: Value[]
  readonly attributes: unknown
  readonly scope: string
}

export interface Constant {
  readonly value: Value
  readonly data: Float32Array | Float64Array | BigInt64Array
}

/**
 * A network under construction: inputs, parameters, constants and ops in order of creation (a topological order).
 * Parameters are inputs too: their numbers are fed at each run, so that one session serves training, evaluation and
 * every fine-tuned descendant.
 */
export class Graph {
  /** float64 is used for gradient checks only. */
  readonly dtype: FloatType
  readonly inputs: Value[] = []
  readonly parameters: Value[] = []
  readonly constants: Constant[] = []
  readonly nodes: OpNode[] = []
  private readonly scopes: string[] = []
  private readonly names = new Set<string>()

  constructor(dtype: FloatType = 'float32') {
    this.dtype = dtype
  }

  /** Current scope as a dotted name, e.g. "blocks.0.attn". */
  get scopeName(): string {
    return this.scopes.join('.')
  }

  /** Runs `build`; names everything it makes under `name`. */
  scope<T>(name: string, build: () => T): T {
    this.scopes.push(name)
    try {
      return build()
    } finally {
      this.scopes.pop()
    }
  }

  /** A tensor fed at each run. Its name is used as it is, without the scopes. */
  input(name: string, shape: Shape, dtype: DataType = this.dtype): Value {
    const value = new Value(this, this.unique(name), shape, dtype)
    this.inputs.push(value)
    return value
  }

  /** A trainable tensor. Its name is the current scope plus `name`, as in checkpoints. */
  parameter(name: string, shape: Shape): Value {
    const value = new Value(this, this.unique(this.scoped(name)), shape, this.dtype)
    this.parameters.push(value)
    return value
  }

  /** A constant tensor. The length of `data` must be the product of the shape. */
  constant(name: string, data: ArrayLike<number>, shape: readonly number[]): Value {
    const size = shape.reduce((a, b) => a * b, 1)
    if (data.length !== size)
      throw new Error(`Constant "${name}" of shape ${showShape(shape)} needs ${size} numbers; got ${data.length}.`)
    const value = new Value(this, this.unique(this.scoped(name)), shape, this.dtype)
    this.constants.push({ value, data: this.dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data) })
    return value
  }

  /** A constant number, which broadcasts. */
  scalar(number: number): Value {
    return this.constant(this.fresh('scalar'), [number], [])
  }

  /** For ops/op.ts: adds a node and makes its output values. */
  add(
    op: Op,
    inputs: readonly Value[],
    shapes: readonly Shape[],
    dtypes: readonly DataType[],
    attributes: unknown,
  ): OpNode {
    const node: OpNode = { op, inputs, outputs: [], attributes, scope: this.scopeName }
    shapes.forEach((shape, i) => {
      const name = this.unique(this.scoped(this.fresh(op.name)))
      node.outputs.push(new Value(this, name, shape, dtypes[i], node))
    })
    this.nodes.push(node)
    return node
  }

  private scoped(name: string): string {
    return this.scopes.length ? `${this.scopeName}.${name}` : name
  }

  private fresh(stem: string): string {
    return `${stem}_${this.nodes.length}_${this.names.size}`
  }

  private unique(name: string): string {
    if (this.names.has(name)) throw new Error(`The graph has two values named "${name}".`)
    this.names.add(name)
    return name
  }
}

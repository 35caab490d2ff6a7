import type { Shape } from './dim.ts'
import type { DataType, Graph, OpNode, Value } from './graph.ts'
import { ProtoWriter } from './protobuf.ts'

/** Attribute of an ONNX node. A number is an INT unless wrapped, because onnxruntime distinguishes attribute types. */
export type OnnxAttribute = number | { float: number } | string | readonly number[]

/** Writes ONNX nodes for an op's forward rule: takes names of inputs, returns names of outputs. */
export interface Emitter {
  readonly dtype: Graph['dtype']
  node(type: string, inputs: readonly string[], attributes?: Record<string, OnnxAttribute>, outputs?: number): string[]
  /** Writes a node with one output. */
  one(type: string, inputs: readonly string[], attributes?: Record<string, OnnxAttribute>): string
  /** Writes one of onnxruntime's own ops (domain com.microsoft); absent where the model must be plain ONNX. */
  readonly contrib?: (type: string, inputs: readonly string[], attributes?: Record<string, OnnxAttribute>) => string
  /** A constant int64 vector. */
  ints(values: readonly number[]): string
  /** A number in the graph's float type. */
  scalar(value: number): string
}

export interface OnnxOptions {
  /** Values to fetch, by their names in the model. */
  outputs: Record<string, Value>
  /** Parameters stored in the model (exported models); the others stay inputs. */
  weights?: ReadonlyMap<string, Float32Array>
  /** Only operators of the ONNX standard, for other runtimes. */
  standardOnly?: boolean
}

const opset = 20
const irVersion = 10
const onnxType: Record<DataType, number> = { float32: 1, uint8: 2, int8: 3, int64: 7, bool: 9, float64: 11 }

/** Returns the graph as an ONNX model: only what `outputs` need, with inputs and parameters in order of creation. */
export function onnxBytes(graph: Graph, { outputs, weights, standardOnly }: OnnxOptions): Uint8Array<ArrayBuffer> {
  const needed = reachable(Object.values(outputs))
  const nodes: WrittenNode[] = []
  const initialisers: ((w: ProtoWriter) => void)[] = []
  const names = new Map<Value, string>()
  let counter = 0
  let prefix = ''
  const known = new Map<string, string>()
  const usesContrib = { yes: false }

  const tensor = (name: string, type: DataType, dims: readonly number[], bytes: Uint8Array) => (w: ProtoWriter) => {
    for (const dim of dims) w.int(1, dim)
    w.int(2, onnxType[type]).string(8, name).bytes(9, bytes)
  }
  const constant = (key: string, type: DataType, dims: number[], data: Float32Array | Float64Array | BigInt64Array) => {
    const existing = known.get(key)
    if (existing) return existing
    const name = `const_${known.size}`
    known.set(key, name)
    initialisers.push(tensor(name, type, dims, bytesOf(data)))
    return name
  }
  const write = (
    domain: string,
    type: string,
    inputs: readonly string[],
    attributes: Record<string, OnnxAttribute>,
    count: number,
  ) => {
    const made = Array.from({ length: count }, () => `${prefix}/${type}_${counter++}`)
    if (domain) usesContrib.yes = true
    const bytes = (w: ProtoWriter) => {
      for (const name of inputs) w.string(1, name)
      for (const name of made) w.string(2, name)
      w.string(3, made[0]).string(4, type)
      for (const [name, attribute] of Object.entries(attributes))
        w.message(5, (a) => writeAttribute(a, name, attribute))
      if (domain) w.string(7, domain)
    }
    nodes.push({ inputs, made, write: bytes })
    return made
  }
  const emitter: Emitter = {
    dtype: graph.dtype,
    node: (type, inputs, attributes = {}, count = 1) => write('', type, inputs, attributes, count),
    one: (type, inputs, attributes = {}) => write('', type, inputs, attributes, 1)[0],
    contrib: standardOnly
      ? undefined
      : (type, inputs, attributes = {}) => write('com.microsoft', type, inputs, attributes, 1)[0],
    ints: (values) => constant(`i${values.join()}`, 'int64', [values.length], BigInt64Array.from(values, BigInt)),
    scalar: (value) =>
      constant(
        `f${value}`,
        graph.dtype,
        [],
        graph.dtype === 'float32' ? Float32Array.of(value) : Float64Array.of(value),
      ),
  }

  const inputs: Value[] = []
  for (const value of [...graph.inputs, ...graph.parameters]) {
    if (!needed.values.has(value)) continue
    names.set(value, value.name)
    const baked = weights?.get(value.name)
    if (baked) initialisers.push(tensor(value.name, value.dtype, value.shape as number[], bytesOf(baked)))
    else inputs.push(value)
  }
  for (const { value, data } of graph.constants) {
    if (!needed.values.has(value)) continue
    names.set(value, value.name)
    initialisers.push(tensor(value.name, value.dtype, value.shape as number[], bytesOf(data)))
  }
  for (const node of graph.nodes) {
    if (!needed.nodes.has(node)) continue
    prefix = node.scope || 'graph'
    const made = [
      node.op.forward(
        emitter,
        node.inputs.map((v) => names.get(v)!),
        node,
        node.outputs.map((value) => needed.values.has(value)),
      ),
    ].flat()
    node.outputs.forEach((value, i) => names.set(value, made[i]))
  }
  const fetches = new Map<string, ((w: ProtoWriter) => void)[]>()
  for (const [name, value] of Object.entries(outputs)) {
    const from = names.get(value)!
    const fetch = (w: ProtoWriter) => w.string(1, from).string(2, name).string(3, `out/${name}`).string(4, 'Identity')
    fetches.set(from, [...(fetches.get(from) ?? []), fetch])
  }
  const fetchesOf = ({ made }: WrittenNode) => made.flatMap((name) => fetches.get(name) ?? [])
  const made = new Set(nodes.flatMap((node) => node.made))
  const written = [
    ...[...fetches].filter(([from]) => !made.has(from)).flatMap(([, fetch]) => fetch),
    ...lastInReverse(nodes).flatMap((node) => [node.write, ...fetchesOf(node)]),
  ]

  const model = new ProtoWriter()
    .int(1, irVersion)
    .string(2, 'karyon')
    .message(8, (w) => w.string(1, '').int(2, opset))
  if (usesContrib.yes) model.message(8, (w) => w.string(1, 'com.microsoft').int(2, 1))
  return model
    .message(7, (w) => {
      for (const node of written) w.message(1, node)
      w.string(2, 'karyon')
      for (const initialiser of initialisers) w.message(5, initialiser)
      for (const value of inputs) w.message(11, (i) => writeValueInfo(i, value.name, value.dtype, value.shape))
      for (const [name, value] of Object.entries(outputs))
        w.message(12, (o) => writeValueInfo(o, name, value.dtype, value.shape))
    })
    .finish()
}

interface WrittenNode {
  readonly inputs: readonly string[]
  readonly made: readonly string[]
  readonly write: (w: ProtoWriter) => void
}

/**
 * Moves the nodes that no other node uses to the end, in reverse order. onnxruntime runs depth first from such nodes,
 * starting with the last in the file. In a training graph they are the parameters' gradients, and the lowest layer's
 * are made last. Started from there, onnxruntime would run the whole backward pass first and keep all activations and
 * their gradients until the other parameters' gradients are computed.
 */
function lastInReverse(nodes: readonly WrittenNode[]): WrittenNode[] {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs))
  const isLast = ({ made }: WrittenNode) => !made.some((name) => used.has(name))
  return [...nodes.filter((node) => !isLast(node)), ...nodes.filter(isLast).reverse()]
}

/** Returns the inputs and parameters that `outputs` depend on, in the order of the ONNX model. */
export function feedsOf(graph: Graph, outputs: readonly Value[]): { inputs: Value[]; parameters: Value[] } {
  const { values } = reachable(outputs)
  return {
    inputs: graph.inputs.filter((v) => values.has(v)),
    parameters: graph.parameters.filter((v) => values.has(v)),
  }
}

function reachable(outputs: readonly Value[]): { values: Set<Value>; nodes: Set<OpNode> } {
  const values = new Set<Value>()
  const nodes = new Set<OpNode>()
  const stack = [...outputs]
  while (stack.length) {
    const value = stack.pop()!
    if (values.has(value)) continue
    values.add(value)
    const node = value.producer
    if (!node || nodes.has(node)) continue
    nodes.add(node)
    stack.push(...node.inputs)
  }
  return { values, nodes }
}

function writeAttribute(w: ProtoWriter, name: string, attribute: OnnxAttribute): void {
  w.string(1, name)
  if (typeof attribute === 'number') w.int(3, attribute).int(20, 2)
  else if (typeof attribute === 'string') w.string(4, attribute).int(20, 3)
  else if ('float' in attribute) w.float(2, attribute.float).int(20, 1)
  else {
    for (const value of attribute) w.int(8, value)
    w.int(20, 7)
  }
}

function writeValueInfo(w: ProtoWriter, name: string, dtype: DataType, shape: Shape): void {
  w.string(1, name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.int(1, onnxType[dtype]).message(2, (dims) => {
        for (const dim of shape) dims.message(1, (d) => (typeof dim === 'number' ? d.int(1, dim) : d.string(2, dim)))
      }),
    ),
  )
}

const bytesOf = (data: Float32Array | Float64Array | BigInt64Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

import * as ort from 'onnxruntime-node'
import { onnxBytes, feedsOf } from '../../../models/graph/onnx.ts'
import { threadLimit } from './limits.ts'
import type { DataType, Graph, Value } from '../../../models/graph/graph.ts'

export type Numbers = Float32Array | Float64Array | BigInt64Array | Int8Array
export interface Tensor {
  readonly data: Numbers
  readonly dims: readonly number[]
}

/** A graph ready to run. Keep sessions and never create them in a loop: onnxruntime leaks released sessions. */
export interface GraphSession {
  /** Parameters that must be fed, in the order of the graph's layout. */
  readonly parameters: readonly Value[]
  /**
   * @param feeds numbers by input and parameter name; sizes must fit the shapes (symbolic dimensions are solved)
   * @param into arrays that outputs are written into instead of new ones; never one that is fed in the same call
   */
  run(
    feeds: Readonly<Record<string, Numbers>>,
    into?: Readonly<Record<string, Numbers>>,
  ): Promise<Record<string, Tensor>>
  release(): Promise<void>
}

export interface SessionOptions {
  /** Parameters stored in the session and not fed. onnxruntime then arranges convolution weights for this CPU. */
  readonly weights?: ReadonlyMap<string, Float32Array>
  readonly provider?: string
  readonly threads?: number
  /** false saves a quarter to a half of training's memory at equal speed. */
  readonly memoryPattern?: boolean
  /** false frees memory after each run instead of keeping it for the next. This is slower. */
  readonly arena?: boolean
}

const ortType: Record<DataType, 'float32' | 'float64' | 'int64' | 'bool' | 'uint8' | 'int8'> = {
  float32: 'float32',
  float64: 'float64',
  int64: 'int64',
  bool: 'bool',
  uint8: 'uint8',
  int8: 'int8',
}

/**
 * Lets idle threads sleep. Spinning, onnxruntime's default, gains 1 % on an otherwise idle machine. But it occupies the
 * core that decodes crops, and for about 80 ms after each run it halves the speed of whatever runs next, such as
 * another session or the optimiser.
 */
const sessionEntries = { session: { intra_op: { allow_spinning: '0' } } }

/** A value of a graph, without the graph. */
type Described = Pick<Value, 'name' | 'dtype' | 'shape'>

/** All that a session is made from. It can be sent to another thread. */
export interface SessionDescription {
  readonly onnx: Uint8Array<ArrayBuffer>
  readonly fed: readonly Described[]
  readonly outputs: Readonly<Record<string, Described>>
}

export type OpenSession = Omit<GraphSession, 'parameters'>

/** Returns a graph's session as data, and the parameters that it must be fed. */
export function describedSession(
  graph: Graph,
  outputs: Record<string, Value>,
  weights?: SessionOptions['weights'],
): { readonly description: SessionDescription; readonly parameters: readonly Value[] } {
  const { inputs, parameters: all } = feedsOf(graph, Object.values(outputs))
  const parameters = all.filter(({ name }) => !weights?.has(name))
  const described = ({ name, dtype, shape }: Value): Described => ({ name, dtype, shape })
  const description = {
    onnx: onnxBytes(graph, { outputs, weights }),
    fed: [...inputs, ...parameters].map(described),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, described(value)])),
  }
  return { description, parameters }
}

export async function graphSession(
  graph: Graph,
  outputs: Record<string, Value>,
  { weights, ...options }: SessionOptions = {},
): Promise<GraphSession> {
  const { description, parameters } = describedSession(graph, outputs, weights)
  return { parameters, ...(await openSession(description, options)) }
}

export async function openSession(
  { onnx, fed, outputs }: SessionDescription,
  { provider = 'cpu', threads = threadLimit(), memoryPattern = false, arena = true }: Omit<SessionOptions, 'weights'>,
): Promise<OpenSession> {
  const session = await ort.InferenceSession.create(onnx, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    enableMemPattern: memoryPattern,
    enableCpuMemArena: arena,
    ...(threads ? { intraOpNumThreads: threads } : {}),
    logSeverityLevel: 3,
    extra: sessionEntries,
  })
  return {
    async run(feeds, into = {}) {
      const symbols = new Map<string, number>()
      const tensors: Record<string, ort.Tensor> = {}
      for (const value of fed) {
        const data = feeds[value.name]
        if (!data) throw new Error(`The graph's input "${value.name}" was not fed.`)
        tensors[value.name] = new ort.Tensor(ortType[value.dtype], data, dimsOf(value, data.length, symbols))
      }
      const fetches: Record<string, ort.Tensor | null> = {}
      for (const [name, value] of Object.entries(outputs)) {
        const data = into[name]
        fetches[name] = data ? new ort.Tensor(ortType[value.dtype], data, dimsOf(value, data.length, symbols)) : null
      }
      const results = await session.run(tensors, fetches)
      return Object.fromEntries(
        Object.entries(results).map(([name, t]) => [name, { data: t.data as Numbers, dims: t.dims }]),
      )
    },
    release: () => session.release(),
  }
}

/**
 * Returns the shape of `value` for `length` numbers. At most one dimension k·N + c may be unknown; `length` determines
 * it.
 */
function dimsOf(value: Described, length: number, symbols: Map<string, number>): number[] {
  const dims = value.shape.map((dim) => (typeof dim === 'number' ? dim : solve(dim, symbols)))
  const open = dims.indexOf(-1)
  if (open >= 0) {
    const known = dims.reduce((a, b, i) => (i === open ? a : a * b), 1)
    dims[open] = length / known
    const match = /^(?:(\d+)\*)?([A-Za-z]\w*)(?:([+-]\d+))?$/.exec(value.shape[open] as string)
    if (match) symbols.set(match[2], (dims[open] - Number(match[3] ?? 0)) / Number(match[1] ?? 1))
  }
  if (dims.reduce((a, b) => a * b, 1) !== length || dims.some((d) => !Number.isInteger(d)))
    throw new Error(`"${value.name}" of shape [${value.shape.join(', ')}] cannot hold ${length} numbers.`)
  return dims
}

function solve(dim: string, symbols: Map<string, number>): number {
  const match = /^(?:(\d+)\*)?([A-Za-z]\w*)(?:([+-]\d+))?$/.exec(dim)
  const n = match ? symbols.get(match[2]) : undefined
  return match && n !== undefined ? n * Number(match[1] ?? 1) + Number(match[3] ?? 0) : -1
}

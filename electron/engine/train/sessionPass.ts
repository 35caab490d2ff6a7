import type { Graph, Value } from '../../../models/graph/graph.ts'
import { weightsOf, type Weights } from '../../../models/nn/parameters.ts'
import { laneSession } from '../runtime/lanes.ts'
import { engineThreads } from '../runtime/limits.ts'
import { engineSession } from '../runtime/providers.ts'
import { graphSession, type GraphSession, type Numbers } from '../runtime/session.ts'
import { addInto, gradientViews, type GradientPass } from './gradientPass.ts'

/** Forward, loss and backward of a whole network as one graph: its outputs are `loss` and gradientOf(name). */
export interface PassGraph {
  readonly graph: Graph
  readonly outputs: Record<string, Value>
}

export interface PassLanes {
  /** How many crops to compute at once; 1 if absent. */
  readonly lanes?: number
  /** Number of threads, which the lanes divide among them; the engine's if absent. */
  readonly threads?: number
}

/** Opens the session of a pass: with several lanes in threads of their own, otherwise in this one. */
export const passSession = ({ graph, outputs }: PassGraph, { lanes = 1, threads }: PassLanes): Promise<GraphSession> =>
  lanes > 1
    ? Promise.resolve(laneSession(graph, outputs, lanes, threads ?? engineThreads()))
    : engineSession(graph, outputs, (g, o, options) => graphSession(g, o, { ...options, threads }))

export interface PassWeights {
  /** Changed only while no crop is being computed. */
  readonly trained: Weights
  /** Names of the parameters that have a gradient; all trained ones if absent. */
  readonly names?: readonly string[]
  /** Returns the numbers of a parameter that is not in `trained`. They never change. */
  readonly still?: (name: string) => Float32Array
}

/** Returns a pass that computes each crop in one run of a session of passSession. */
export function sessionPass<Feeds extends object>(
  session: GraphSession,
  { trained, names = trained.layout.slots.map(({ name }) => name), still }: PassWeights,
  { lanes = 1 }: PassLanes,
): GradientPass<Feeds> {
  const { layout } = trained
  const isTrained = new Set(layout.slots.map(({ name }) => name))
  const feedsOf = (values: Float32Array, copy: (numbers: Float32Array) => Float32Array) =>
    Object.fromEntries(
      session.parameters.map(({ name }) => [
        name,
        isTrained.has(name) ? weightsOf({ layout, values }, name) : copy(still!(name)),
      ]),
    )
  if (lanes === 1) {
    const weights = feedsOf(trained.values, (numbers) => numbers)
    let second: Float32Array | undefined
    return {
      atOnce: 1,
      async run(feeds, gradient, addTo) {
        const into = addTo ? (second ??= new Float32Array(layout.size)) : gradient
        const { loss } = await session.run({ ...weights, ...feeds }, gradientViews(layout, into, names))
        if (addTo) addInto(gradient, into)
        return loss.data[0] as number
      },
    }
  }

  // Lanes read the weights from shared memory and write each crop's gradient into a shared array of its own.
  const shared = sharedNumbers(layout.size)
  const weights = feedsOf(shared, (numbers) => {
    const copy = sharedNumbers(numbers.length)
    copy.set(numbers)
    return copy
  })
  const free: Float32Array[] = []
  let running = 0
  let previous: Promise<unknown> = Promise.resolve()
  const compute = async (feeds: Feeds, gradient: Float32Array, addTo: boolean, earlier: Promise<unknown>) => {
    if (running++ === 0) shared.set(trained.values)
    const into = free.pop() ?? sharedNumbers(layout.size)
    try {
      const run = session.run({ ...weights, ...(feeds as Record<string, Numbers>) }, gradientViews(layout, into, names))
      // Sums depend on their order, so gradients are added in the order of the crops and not as they arrive.
      const [{ loss }] = await Promise.all([run, earlier])
      if (addTo) addInto(gradient, into)
      else gradient.set(into)
      return loss.data[0] as number
    } finally {
      running--
      free.push(into)
    }
  }
  return {
    // Two crops per lane, so that no lane waits for its next crop.
    atOnce: 2 * lanes,
    run(feeds, gradient, addTo) {
      const done = compute(feeds, gradient, addTo, previous)
      previous = done.catch(() => undefined)
      return done
    },
  }
}

const sharedNumbers = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length))

/**
 * Computes a step's crops, as many at once as the pass can, and adds up their gradients in `gradient`. Yields each
 * crop's loss, in order.
 */
export async function* lossesOf<Feeds>(
  pass: GradientPass<Feeds>,
  crops: AsyncIterable<Feeds> | Iterable<Feeds>,
  gradient: Float32Array,
): AsyncGenerator<number> {
  const running: Promise<number>[] = []
  let count = 0
  for await (const feeds of crops) {
    const run = pass.run(feeds, gradient, count++ > 0)
    run.catch(() => undefined) // awaited in its turn, if an earlier crop has not failed
    running.push(run)
    if (running.length === pass.atOnce) yield running.shift()!
  }
  while (running.length > 0) yield running.shift()!
}

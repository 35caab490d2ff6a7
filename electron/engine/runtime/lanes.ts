import { sibling, startThread, type Thread } from '../../threads/index.ts'
import type { Graph, Value } from '../../../models/graph/graph.ts'
import { closeGate, laneGate, type LaneData } from './exitGate.ts'
import { currentProvider } from './providers.ts'
import { describedSession, type GraphSession } from './session.ts'
import type { SessionThread } from './sessionWorker.ts'

/**
 * Starts threads that run onnxruntime. They live as long as the process: ending a thread during a run would abort the
 * process.
 * @param path the worker module
 */
export function startLanes<Make extends (data: never) => Record<string, (...params: never[]) => unknown>>(
  path: string,
  count: number,
  data: Omit<Parameters<Make>[0], keyof LaneData>,
): Thread<Make>[] {
  const gate = laneGate(count)
  process.once('exit', () => closeGate(gate))
  const onLost = (error: Error) => {
    throw error // a lane catches what may fail; the engine starts anew
  }
  return Array.from({ length: count }, (_, lane) => {
    const whole = { ...data, lane, gate } as unknown as Parameters<Make>[0]
    return startThread<Make>(path, whole, { onLost })
  })
}

/**
 * Returns in how many lanes crops of a training are best computed, where memory allows. More than two were not measured.
 * @param threads number of threads to divide
 */
export async function lanesFor(threads: number): Promise<number> {
  return threads >= 2 && (await currentProvider()).name === 'cpu' ? 2 : 1
}

const lanes: Thread<SessionThread>[] = []
let sessions = 0
const collected = new FinalizationRegistry<number>((session) => {
  for (const lane of lanes) void lane.call('close', session)
})

/**
 * Opens a CPU session in each of `count` lanes. `run` takes the lane with the least work, so as many calls run at once.
 * Each copies its feeds, except those in shared memory; arrays that outputs are written into must be in shared memory.
 * @param threads number of threads, which the lanes divide among them
 */
export function laneSession(
  graph: Graph,
  outputs: Record<string, Value>,
  count: number,
  threads: number,
): GraphSession {
  if (lanes.length < count)
    lanes.push(...startLanes<SessionThread>(sibling(import.meta.url, './sessionWorker'), count - lanes.length, {}))
  const mine = lanes.slice(0, count)
  const session = sessions++
  const { parameters, description } = describedSession(graph, outputs)
  const each = Math.max(1, Math.floor(threads / count))
  for (const lane of mine) void lane.call('open', { session, description, threads: each })
  const release = () => Promise.all(mine.map((lane) => lane.call('close', session))).then(() => undefined)
  const handle: GraphSession = {
    parameters,
    run(feeds, into = {}) {
      const lane = mine.reduce((a, b) => (b.load < a.load ? b : a))
      return lane.call('run', { session, feeds, into })
    },
    release,
  }
  // A session that nobody uses any more goes the way of one in this thread: with the garbage.
  collected.register(handle, session)
  return handle
}

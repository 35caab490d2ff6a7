import { Worker } from 'node:worker_threads'
import type { Precision } from '../../contract/index.ts'
import { buffersOf, withoutPatchPositions } from '../../../models/nucleusVit/crop.ts'
import { closeGate, laneGate } from './exitGate.ts'
import type { LaneData, LaneReply, LaneRequest } from './encoderProtocol.ts'
import type { Encoded, Encoder, Network } from './encoder.ts'

/** The source is .ts, the build is .js; the thread has the extension of this file. */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './encoderWorker.ts' : './encoderWorker.js',
  import.meta.url,
)

interface Lane {
  /** Crops it has not answered yet. */
  readonly load: number
  tell(request: LaneRequest): void
  ask(request: LaneRequest, transfer: ArrayBuffer[]): Promise<LaneReply>
}

let lanes: readonly Lane[] | undefined
let networks = 0

/** Threads are made once and kept as long as the process: ending one in the middle of a run aborts the process. */
function startLanes(count: number, threads: number): Lane[] {
  const gate = laneGate(count)
  process.once('exit', () => closeGate(gate))
  return Array.from({ length: count }, (_, lane) => startLane({ lane, threads, gate }))
}

function startLane(workerData: LaneData): Lane {
  const worker = new Worker(workerUrl, { workerData })
  worker.unref() // an idle lane keeps no process
  const waiting: ((reply: LaneReply) => void)[] = []
  worker.on('message', (reply: LaneReply) => {
    waiting.shift()?.(reply)
    if (waiting.length === 0) worker.unref()
  })
  worker.on('error', (error) => {
    throw error // a lane catches what may fail; the engine starts anew
  })
  return {
    get load() {
      return waiting.length
    },
    tell: (request) => worker.postMessage(request),
    ask(request, transfer) {
      worker.ref()
      worker.postMessage(request, transfer)
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
}

/**
 * Encoder of a network that has several crops in work, each on threads of its own. Where onnxruntime shares one crop among
 * all threads they wait for each other at every node, and whatever else wants a core — reading the next crop — holds up
 * all of them; crops side by side do not wait.
 * @param count lanes, the first time that any are asked for; they share the threads
 */
export function laneEncoder(
  { config, classes, values }: Omit<Network, 'mpp'>,
  precision: Precision,
  count: number,
  threads: number,
): Encoder {
  lanes ??= startLanes(count, Math.max(1, Math.floor(threads / count)))
  const all = lanes
  const network = networks++
  for (const lane of all) lane.tell({ kind: 'open', network, config, classes, values, precision })
  return {
    // One more per lane, so that none waits for its next crop.
    atOnce: 2 * all.length,
    async run(crop): Promise<Encoded> {
      const lane = all.reduce((a, b) => (b.load < a.load ? b : a))
      const { patch_positions } = crop
      const feeds = withoutPatchPositions(crop)
      const reply = await lane.ask({ kind: 'run', network, feeds }, buffersOf(feeds))
      if (reply.kind === 'failed') throw new Error(reply.message)
      const { tokens, logits } = reply
      return { tokens, logits, feeds: { ...reply.feeds, patch_positions } }
    },
    close() {
      for (const lane of all) lane.tell({ kind: 'close', network })
    },
  }
}

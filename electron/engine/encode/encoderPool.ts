import type { Precision } from '../../contract/index.ts'
import { buffersOf, withoutPatchPositions } from '../../../models/nucleusVit/crop.ts'
import { moved, sibling, startThread, type Thread } from '../../threads/index.ts'
import { closeGate, laneGate } from './exitGate.ts'
import type { EncoderThread } from './encoderWorker.ts'
import type { Encoded, Encoder, Network } from './encoder.ts'

let lanes: readonly Thread<EncoderThread>[] | undefined
let networks = 0

/** Threads are made once and kept as long as the process: ending one in the middle of a run aborts the process. */
function startLanes(count: number, threads: number): Thread<EncoderThread>[] {
  const gate = laneGate(count)
  process.once('exit', () => closeGate(gate))
  const onLost = (error: Error) => {
    throw error // a lane catches what may fail; the engine starts anew
  }
  return Array.from({ length: count }, (_, lane) =>
    startThread<EncoderThread>(sibling(import.meta.url, './encoderWorker'), { lane, threads, gate }, { onLost }),
  )
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
  for (const lane of all) void lane.call('open', { network, config, classes, values, precision })
  return {
    // One more per lane, so that none waits for its next crop.
    atOnce: 2 * all.length,
    async run(crop): Promise<Encoded> {
      const lane = all.reduce((a, b) => (b.load < a.load ? b : a))
      const feeds = withoutPatchPositions(crop)
      const encoded = await lane.call('run', moved({ network, feeds }, buffersOf(feeds)))
      return { ...encoded, feeds: { ...encoded.feeds, patch_positions: crop.patch_positions } }
    },
    close() {
      for (const lane of all) void lane.call('close', network)
    },
  }
}

import type { Precision } from '../../contract/index.ts'
import { buffersOf, withoutPatchPositions } from '../../../models/nucleusVit/crop.ts'
import { moved, sibling, type Thread } from '../../threads/index.ts'
import { startLanes } from '../runtime/lanes.ts'
import type { EncoderThread } from './encoderWorker.ts'
import type { Encoded, Encoder, Network } from './encoder.ts'

let lanes: readonly Thread<EncoderThread>[] | undefined
let networks = 0

/**
 * Returns an encoder that works on several crops at once, each in a lane with its own threads. If onnxruntime splits
 * one crop over all threads, they wait for each other at every node, and any other work on a core (such as reading the
 * next crop) delays them all. Crops in separate lanes do not wait for each other.
 * @param count number of lanes, which divide the threads among them; used only by the first call, which starts the
 * lanes
 */
export function laneEncoder(
  { config, classes, values }: Omit<Network, 'mpp'>,
  precision: Precision,
  count: number,
  threads: number,
): Encoder {
  lanes ??= startLanes<EncoderThread>(sibling(import.meta.url, './encoderWorker'), count, {
    threads: Math.max(1, Math.floor(threads / count)),
  })
  const all = lanes
  const network = networks++
  for (const lane of all) void lane.call('open', { network, config, classes, values, precision })
  return {
    // Two crops per lane, so that no lane waits for its next crop.
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

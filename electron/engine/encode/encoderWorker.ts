import type { Precision } from '../../contract/index.ts'
import { moved, serveThread } from '../../threads/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { positionTables } from '../../../models/nucleusVit/positions.ts'
import { buffersOf, type SentFeeds } from '../../../models/nucleusVit/crop.ts'
import { inside, type LaneData } from '../runtime/exitGate.ts'
import { encoderOf, type Encoder } from './encoder.ts'
import { graphSession } from '../runtime/session.ts'

interface EncoderLaneData extends LaneData {
  /** Number of threads that onnxruntime may use. */
  readonly threads: number
}

interface OpenParams {
  /** Number chosen by the engine that identifies the network in later calls. */
  readonly network: number
  readonly config: NucleusVitConfig
  readonly classes: readonly string[]
  readonly values: Float32Array
  readonly precision: Precision
}

interface Opened {
  readonly encoder: Encoder
  readonly patchPositions: Float32Array
}

/** Runs in a lane's thread: encodes crops with its own sessions. */
function makeLane({ lane, threads, gate }: EncoderLaneData) {
  const networks = new Map<number, Promise<Opened>>()
  return {
    open({ network, config, classes, values, precision }: OpenParams): void {
      const layout = classifierLayout(config, classes.length)
      const opened = inside(gate, lane, async () => {
        const encoder = await encoderOf({ config, classes, layout, values }, precision, (graph, outputs, options) =>
          graphSession(graph, outputs, { ...options, threads }),
        )
        return { encoder, patchPositions: positionTables(config).patches }
      })
      opened.catch(() => undefined) // the first run reports the failure
      networks.set(network, opened)
    },
    async run({ network, feeds }: { readonly network: number; readonly feeds: SentFeeds }) {
      const { encoder, patchPositions } = await networks.get(network)!
      const { tokens, logits } = await inside(gate, lane, () =>
        encoder.run({ ...feeds, patch_positions: patchPositions }),
      )
      return moved({ tokens, logits, feeds }, buffersOf(feeds))
    },
    close(network: number): void {
      networks.delete(network)
    },
  }
}

export type EncoderThread = typeof makeLane
serveThread(makeLane)

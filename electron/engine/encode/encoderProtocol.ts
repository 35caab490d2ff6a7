import type { Precision } from '../../contract/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { SentFeeds } from '../../../models/nucleusVit/crop.ts'
import type { LaneGate } from './exitGate.ts'

/** What a lane is given for its whole life. */
export interface LaneData {
  readonly lane: number
  /** That onnxruntime may use. */
  readonly threads: number
  readonly gate: LaneGate
}

/** Engine → lane. */
export type LaneRequest =
  | {
      kind: 'open'
      /** Chosen by the engine; names the network from now on. */
      network: number
      config: NucleusVitConfig
      classes: readonly string[]
      values: Float32Array
      precision: Precision
    }
  | { kind: 'run'; network: number; feeds: SentFeeds }
  | { kind: 'close'; network: number }

/** Lane → engine: one reply to each 'run', in order. */
export type LaneReply =
  | { kind: 'encoded'; tokens: Float32Array; logits: Float32Array; feeds: SentFeeds }
  | { kind: 'failed'; message: string }

import type { Failure, Rect } from '../../contract/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { CropBuffers, SentFeeds } from '../../../models/nucleusVit/crop.ts'
import type { ReadCrop } from './cropReader.ts'

/** What a reading thread is given for its whole life. */
export interface CropJob {
  readonly slide: string
  /** µm per level-0 pixel. */
  readonly mpp: number
  /** All nuclei of the slide, level-0 pixels, 4 numbers each. */
  readonly boxes: Float64Array
  readonly config: NucleusVitConfig
  readonly modelMpp: number
  /** Done first (what the user looks at). */
  readonly first?: Rect
  /** Nuclei whose crops are read; all if absent. */
  readonly wanted?: ReadonlySet<number>
}

/** The job, and how many of its crops may exist at once. */
export interface CropThreadData {
  readonly job: CropJob
  readonly inFlight: number
}

/** Thread → engine: crops in order, then the end or why there are no more. */
export type CropReply =
  | { kind: 'crop'; crop: ReadCrop['crop']; feeds: SentFeeds; of: number }
  | { kind: 'done' }
  | { kind: 'failure'; failure: Failure }
/** Engine → thread: a crop is done with, its memory free for the next. */
export type CropReturn = CropBuffers

/**
 * Crops that exist beside those that are encoded. One would do where reading is quicker than encoding; the second covers
 * a crop that is slow to read.
 */
export const cropsWaiting = 2

import { unwrap, type Rect } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { moved, serveThread } from '../../threads/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { buffersOf, withoutPatchPositions, type CropBuffers } from '../../../models/nucleusVit/crop.ts'
import type { ViewCount } from '../../../models/tiling/views.ts'
import { readCrops } from './cropReader.ts'

/** Describes which crops of a slide to read. */
export interface CropJob {
  readonly slide: string
  /** µm per level-0 pixel. */
  readonly mpp: number
  /** All nuclei of the slide, level-0 pixels, 4 numbers each. */
  readonly boxes: Float64Array
  readonly config: NucleusVitConfig
  readonly modelMpp: number
  /** Area that is read first (what the user is looking at). */
  readonly first?: Rect
  /** Nuclei whose crops are read; all nuclei if absent. */
  readonly wanted?: ReadonlySet<number>
  /** Number of views of each crop; 1 if absent. */
  readonly views?: ViewCount
}

/** Runs in a thread: reads and resamples crops and builds their feeds. It must never load onnxruntime. */
function makeCrops(job: CropJob) {
  const spare: CropBuffers[] = []
  async function* read() {
    const reader = unwrap(await openSlide(job.slide, { mpp: job.mpp }))
    try {
      const { boxes, config, first, wanted, views } = job
      const scale = { slideMpp: job.mpp, modelMpp: job.modelMpp }
      const crops = readCrops(reader, boxes, config, scale, { first, wanted, views, spare: () => spare.pop() })
      for await (const { crop, feeds, of } of crops) {
        yield moved({ crop, feeds: withoutPatchPositions(feeds), of }, buffersOf(feeds))
      }
    } finally {
      await reader.close()
    }
  }
  const crops = read()
  return {
    /** Returns the next crop in order, built in `memory` of a used crop if given; undefined after the last crop. */
    async next(memory?: CropBuffers) {
      if (memory) spare.push(memory)
      // An async generator queues concurrent calls, so they are answered in order.
      const { value, done } = await crops.next()
      return done ? undefined : value
    },
  }
}

export type CropThread = typeof makeCrops
serveThread(makeCrops)

import { unwrap, type Rect } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { moved, serveThread } from '../../threads/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { buffersOf, withoutPatchPositions, type CropBuffers } from '../../../models/nucleusVit/crop.ts'
import { readCrops } from './cropReader.ts'

/** Crops of a slide to be read. */
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

/** A reading thread: reads, resamples and encodes crops. It must never load onnxruntime. */
function makeCrops(job: CropJob) {
  const spare: CropBuffers[] = []
  async function* read() {
    const reader = unwrap(await openSlide(job.slide, { mpp: job.mpp }))
    try {
      const { boxes, config, first, wanted } = job
      const scale = { slideMpp: job.mpp, modelMpp: job.modelMpp }
      const crops = readCrops(reader, boxes, config, scale, { first, wanted, spare: () => spare.pop() })
      for await (const { crop, feeds, of } of crops) {
        yield moved({ crop, feeds: withoutPatchPositions(feeds), of }, buffersOf(feeds))
      }
    } finally {
      await reader.close()
    }
  }
  const crops = read()
  return {
    /** The next crop in order, made in the memory of one that is done with; undefined after the last. */
    async next(memory?: CropBuffers) {
      if (memory) spare.push(memory)
      // Calls that wait are answered in their order: an async generator queues them.
      const { value, done } = await crops.next()
      return done ? undefined : value
    },
  }
}

export type CropThread = typeof makeCrops
serveThread(makeCrops)

import { unwrap, type Rect } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { moved, serveThread } from '../../threads/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { CropBuffers, CropFeeds } from '../../../models/nucleusVit/crop.ts'
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

/** The patches' positions are the same for every crop and stay where they are. */
export type SentFeeds = Omit<CropFeeds, 'patch_positions'>

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
        const { image, roi, nucleus_positions } = feeds
        const buffers = [image, roi, nucleus_positions].map((array) => array.buffer)
        yield moved({ crop, feeds: { image, roi, nucleus_positions }, of }, buffers)
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

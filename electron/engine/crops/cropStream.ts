import { sibling, startThread } from '../../threads/index.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { Drawn, DrawingThread } from './cropStreamWorker.ts'
import type { LabelledCropJob } from './labelledCropWorker.ts'
import type { MaskedCropJob } from './maskedCropWorker.ts'
import type { MaskedCrop } from '../../../models/train/maskedCrop.ts'
import type { TrainingCrop } from './cropSampler.ts'

/** Crops of training. Crop number k is the same however far ahead it is drawn, and whether a run was interrupted or not. */
export interface DrawnCrops<Crop, Feeds = CropFeeds> {
  /** Crops that see about every pixel to be learned from once. */
  readonly cropsPerEpoch: number
  /** Asked for in order; the next ones are drawn meanwhile. */
  at(k: number): Promise<Drawn<Crop, Feeds>>
  close(): Promise<void>
}

export type DrawnMaskedCrop = Drawn<MaskedCrop>

/** Masked crops, drawn on another thread while the engine computes. */
export const maskedCrops = (job: MaskedCropJob): Promise<DrawnCrops<MaskedCrop>> =>
  drawnCrops(sibling(import.meta.url, './maskedCropWorker'), job)

/** Crops around labelled nuclei, drawn on another thread while the engine computes. */
export const labelledCrops = (job: LabelledCropJob): Promise<DrawnCrops<TrainingCrop>> =>
  drawnCrops(sibling(import.meta.url, './labelledCropWorker'), job)

/** Crops waiting at most: one being used, the others ready. */
const ahead = 3

/** Crops that the thread of a module draws, which calls serveDrawing. */
export async function drawnCrops<Job, Crop, Feeds = CropFeeds>(
  module: string,
  job: Job,
): Promise<DrawnCrops<Crop, Feeds>> {
  const thread = startThread<DrawingThread<Job, Crop, Feeds>>(module, job)
  const asked = new Map<number, Promise<Drawn<Crop, Feeds>>>()
  const close = () => thread.end()
  try {
    return {
      cropsPerEpoch: await thread.call('cropsPerEpoch'),
      at(k) {
        for (let next = k; next < k + ahead; next++) if (!asked.has(next)) asked.set(next, thread.call('draw', next))
        const drawn = asked.get(k)!
        asked.delete(k)
        return drawn
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

import { sibling, startThread } from '../../threads/index.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { Drawn, DrawingThread } from './cropStreamWorker.ts'
import type { LabelledCropJob } from './labelledCropWorker.ts'
import type { MaskedCropJob, MeasuredCrop } from './maskedCropWorker.ts'
import type { DrawnCrops, TrainingCrop } from './cropSampler.ts'

export type DrawnMaskedCrop = Drawn<MeasuredCrop>

/** Draws masked crops on another thread while the engine computes. */
export const maskedCrops = (job: MaskedCropJob): Promise<DrawnCrops<MeasuredCrop>> =>
  drawnCrops(sibling(import.meta.url, './maskedCropWorker'), job)

/** Draws crops around labelled nuclei on another thread while the engine computes. */
export const labelledCrops = (job: LabelledCropJob): Promise<DrawnCrops<TrainingCrop>> =>
  drawnCrops(sibling(import.meta.url, './labelledCropWorker'), job)

/** Maximum number of crops held: one in use, the others ready. */
const ahead = 3

/** Starts the thread of a module that calls serveDrawing, and returns the crops that it draws. */
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

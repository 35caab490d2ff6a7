import { moved, sibling, startThread } from '../../threads/index.ts'
import { positionTables } from '../../../models/nucleusVit/positions.ts'
import { reusable, type CropBuffers, type CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { ReadCrop } from './cropReader.ts'
import type { CropJob, CropThread } from './cropWorker.ts'

/** A crop whose memory goes back to the thread that reads them. */
export interface LentCrop extends ReadCrop {
  /** To be called once with the feeds, or with those that came back from an encoder, when nobody reads them any more. */
  giveBack(feeds: CropFeeds): void
}

/**
 * Crops that exist beside those that are encoded. One would do where reading is quicker than encoding; the second covers
 * a crop that is slow to read.
 */
const cropsWaiting = 2

/**
 * Crops of a slide with their feeds, read, resampled and encoded by a thread of its own that keeps a few crops ahead of
 * the `atOnce` that the caller holds; each has to be given back. The thread ends when the caller stops asking. Fails as
 * opening and reading the slide fail.
 */
export async function* prefetchedCrops(job: CropJob, atOnce = 1): AsyncGenerator<LentCrop> {
  const patch_positions = positionTables(job.config).patches
  const thread = startThread<CropThread>(sibling(import.meta.url, './cropWorker'), job)
  type Sent = Awaited<ReturnType<ReturnType<CropThread>['next']>>
  const coming: Promise<Sent>[] = []
  let wake = () => {}
  // Each crop is asked for in the memory of one that came back, so that no more than the first few ever exist.
  const ask = (memory?: CropBuffers) => {
    coming.push(thread.call('next', memory && moved(memory, Object.values(memory))))
    wake()
  }
  const giveBack = (feeds: CropFeeds) => ask(reusable(feeds))
  try {
    for (let k = 0; k < atOnce + cropsWaiting; k++) ask()
    for (;;) {
      const next = coming.shift()
      if (!next) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      const sent = await next
      if (!sent) return
      const { crop, feeds, of } = sent
      yield { crop, feeds: { ...feeds, patch_positions }, of, giveBack }
    }
  } finally {
    await thread.end()
  }
}

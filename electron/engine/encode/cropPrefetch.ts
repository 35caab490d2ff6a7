import { moved, sibling, startThread } from '../../threads/index.ts'
import { positionTables } from '../../../models/nucleusVit/positions.ts'
import { reusable, type CropBuffers, type CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { ReadCrop } from './cropReader.ts'
import type { CropJob, CropThread } from './cropWorker.ts'

/** A crop whose memory must be returned to the reading thread. */
export interface LentCrop extends ReadCrop {
  /** Returns the memory. Call it once, when the feeds (or the ones the encoder returned) are no longer read. */
  giveBack(feeds: CropFeeds): void
}

/**
 * Number of crops held in addition to those being encoded. One is enough when reading is faster than encoding; the
 * second bridges a crop that is slow to read.
 */
const cropsWaiting = 2

/**
 * Yields the crops of a slide with their feeds. A separate thread reads and resamples them and builds the feeds. It
 * stays a few crops ahead of the `atOnce` crops that the caller holds. The caller must give back each crop. The thread
 * ends when the caller stops iterating. Throws the errors of opening and reading the slide.
 */
export async function* prefetchedCrops(job: CropJob, atOnce = 1): AsyncGenerator<LentCrop> {
  const patch_positions = positionTables(job.config).patches
  const thread = startThread<CropThread>(sibling(import.meta.url, './cropWorker'), job)
  type Sent = Awaited<ReturnType<ReturnType<CropThread>['next']>>
  const coming: Promise<Sent>[] = []
  let wake = () => {}
  // Each new crop reuses the memory of a returned one, so only the first few are ever allocated.
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

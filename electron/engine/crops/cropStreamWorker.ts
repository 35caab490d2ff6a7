import { moved, serveThread } from '../../threads/index.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'

/** A training crop with its feeds. */
export interface Drawn<Crop, Feeds = CropFeeds> {
  readonly crop: Crop
  readonly feeds: Feeds
}

/** Draws the crops of one job. A drawing thread creates it once and then calls it crop by crop. */
export interface Drawing<Crop, Feeds = CropFeeds> {
  readonly cropsPerEpoch: number
  /** Crop number k depends on the job and k alone. */
  draw(k: number): Promise<Drawn<Crop, Feeds>>
}

/** A thread that draws crops ahead of the engine and never loads onnxruntime. */
export type DrawingThread<Job, Crop, Feeds = CropFeeds> = (job: Job) => Promise<{
  cropsPerEpoch(): number
  draw(k: number): Promise<Drawn<Crop, Feeds>>
}>

/**
 * Makes the calling module's thread draw crops on demand.
 * @param buffers returns the memory of a crop's feeds that is transferred instead of copied
 */
export function serveDrawing<Job, Crop, Feeds>(
  prepare: (job: Job) => Promise<Drawing<Crop, Feeds>>,
  buffers: (feeds: Feeds) => readonly ArrayBufferLike[],
): void {
  const make: DrawingThread<Job, Crop, Feeds> = async (job) => {
    const { cropsPerEpoch, draw } = await prepare(job)
    // One crop at a time, because the region reader's cache allows only one call at a time.
    let last: Promise<unknown> = Promise.resolve()
    return {
      cropsPerEpoch: () => cropsPerEpoch,
      draw(k) {
        const drawn = last.then(() => draw(k))
        last = drawn.catch(() => undefined)
        return drawn.then((one) => moved(one, buffers(one.feeds)))
      },
    }
  }
  serveThread(make)
}

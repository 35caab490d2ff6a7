import { moved, serveThread } from '../../threads/index.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'

/** A crop of training with its feeds. */
export interface Drawn<Crop, Feeds = CropFeeds> {
  readonly crop: Crop
  readonly feeds: Feeds
}

/** What a thread that draws crops must know: made once from its job, then asked crop by crop. */
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
 * Draws crops on demand, in the thread of a module that calls this.
 * @param buffers memory of a crop's feeds that goes over instead of being copied
 */
export function serveDrawing<Job, Crop, Feeds>(
  prepare: (job: Job) => Promise<Drawing<Crop, Feeds>>,
  buffers: (feeds: Feeds) => readonly ArrayBufferLike[],
): void {
  const make: DrawingThread<Job, Crop, Feeds> = async (job) => {
    const { cropsPerEpoch, draw } = await prepare(job)
    // One at a time: the reader's cache is simple.
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

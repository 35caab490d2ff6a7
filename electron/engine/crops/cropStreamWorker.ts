import { moved, serveThread } from '../../threads/index.ts'
import { buffersOf, type CropFeeds } from '../../../models/nucleusVit/crop.ts'

/** A crop of training with its feeds. */
export interface Drawn<Crop> {
  readonly crop: Crop
  readonly feeds: CropFeeds
}

/** What a thread that draws crops must know: made once from its job, then asked crop by crop. */
export interface Drawing<Crop> {
  readonly cropsPerEpoch: number
  /** Crop number k depends on the job and k alone. */
  draw(k: number): Promise<Drawn<Crop>>
}

/** A thread that draws crops ahead of the engine and never loads onnxruntime. */
export type DrawingThread<Job, Crop> = (job: Job) => Promise<{
  cropsPerEpoch(): number
  draw(k: number): Promise<Drawn<Crop>>
}>

/** Draws crops on demand, in the thread of a module that calls this. */
export function serveDrawing<Job, Crop>(prepare: (job: Job) => Promise<Drawing<Crop>>): void {
  const make: DrawingThread<Job, Crop> = async (job) => {
    const { cropsPerEpoch, draw } = await prepare(job)
    // One at a time: the reader's cache is simple.
    let last: Promise<unknown> = Promise.resolve()
    return {
      cropsPerEpoch: () => cropsPerEpoch,
      draw(k) {
        const drawn = last.then(() => draw(k))
        last = drawn.catch(() => undefined)
        return drawn.then((one) => moved(one, buffersOf(one.feeds)))
      },
    }
  }
  serveThread(make)
}

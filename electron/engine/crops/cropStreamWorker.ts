import { parentPort, workerData } from 'node:worker_threads'
import { attempt, type Failure } from '../../contract/index.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { Drawn } from './cropStream.ts'

/** Thread → engine: once 'ready', then one reply to each number of a crop, in order. */
export type DrawReply<Crop, Feeds = CropFeeds> =
  | { readonly kind: 'ready'; readonly cropsPerEpoch: number }
  | { readonly kind: 'crop'; readonly drawn: Drawn<Crop, Feeds> }
  | { readonly kind: 'failure'; readonly failure: Failure }

/** What a thread that draws crops must know: made once from its job, then asked crop by crop. */
export interface Drawing<Crop, Feeds = CropFeeds> {
  readonly cropsPerEpoch: number
  /** Crop number k depends on the job and k alone. */
  draw(k: number): Promise<Drawn<Crop, Feeds>>
}

/**
 * Draws crops ahead of the engine, in a thread that never loads onnxruntime.
 * @param moved memory of the feeds that goes to the engine; the rest is copied
 */
export async function drawOnDemand<Job, Crop, Feeds>(
  prepare: (job: Job) => Promise<Drawing<Crop, Feeds>>,
  moved: (feeds: Feeds) => ArrayBuffer[],
): Promise<void> {
  const post = (reply: DrawReply<Crop, Feeds>, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(reply, transfer)
  const prepared = await attempt(() => prepare(workerData as Job))
  if (!prepared.ok) return post({ kind: 'failure', failure: prepared.failure })
  const { cropsPerEpoch, draw } = prepared.value
  // One at a time: the reader's cache is simple, and the order of replies is that of the orders.
  let queue = Promise.resolve()
  parentPort?.on('message', (k: number) => {
    queue = queue.then(async () => {
      const drawn = await attempt(() => draw(k))
      if (!drawn.ok) return post({ kind: 'failure', failure: drawn.failure })
      post({ kind: 'crop', drawn: drawn.value }, moved(drawn.value.feeds))
    })
  })
  post({ kind: 'ready', cropsPerEpoch })
}

/** Seed of crop number k. */
export const seedOfCrop = (seed: number, k: number): number =>
  Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(k + 1, 0x85ebca6b)

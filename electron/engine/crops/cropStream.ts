import { Worker } from 'node:worker_threads'
import { FailureError } from '../../contract/index.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { DrawReply } from './cropStreamWorker.ts'
import type { LabelledCropJob } from './labelledCropWorker.ts'
import type { MaskedCropJob } from './maskedCropWorker.ts'
import type { MaskedCrop } from '../../../models/train/maskedCrop.ts'
import type { TrainingCrop } from './cropSampler.ts'

/** A crop of training with its feeds. */
export interface Drawn<Crop, Feeds = CropFeeds> {
  readonly crop: Crop
  readonly feeds: Feeds
}

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
  drawnCrops(workerUrl('maskedCropWorker'), job)

/** Crops around labelled nuclei, drawn on another thread while the engine computes. */
export const labelledCrops = (job: LabelledCropJob): Promise<DrawnCrops<TrainingCrop>> =>
  drawnCrops(workerUrl('labelledCropWorker'), job)

/** Crops waiting at most: one being used, the others ready. */
const ahead = 3

/** The source is .ts, the build is .js; the thread has the extension of this file. */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
const workerUrl = (thread: string) => new URL(`./${thread}${extension}`, import.meta.url)

/** Crops that a thread draws; its module calls `drawOnDemand`. */
export async function drawnCrops<Crop, Feeds = CropFeeds>(url: URL, job: unknown): Promise<DrawnCrops<Crop, Feeds>> {
  const worker = new Worker(url, { workerData: job })
  const waiting: { resolve: (drawn: Drawn<Crop, Feeds>) => void; reject: (error: unknown) => void }[] = []
  const ready = Promise.withResolvers<number>()
  let broken: unknown
  const fail = (error: unknown) => {
    broken ??= error
    for (const { reject } of waiting.splice(0)) reject(error)
    ready.reject(error)
  }
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`The thread that draws crops stopped with code ${code}.`)))
  worker.on('message', (reply: DrawReply<Crop, Feeds>) => {
    if (reply.kind === 'failure') fail(FailureError.of(reply.failure))
    else if (reply.kind === 'ready') ready.resolve(reply.cropsPerEpoch)
    else waiting.shift()?.resolve(reply.drawn)
  })
  const asked = new Map<number, Promise<Drawn<Crop, Feeds>>>()
  const ask = (k: number) => {
    const drawn = new Promise<Drawn<Crop, Feeds>>((resolve, reject) => {
      if (broken) return reject(broken as Error)
      waiting.push({ resolve, reject })
      worker.postMessage(k)
    })
    drawn.catch(() => undefined) // awaited when its turn comes; a failure must not count as unhandled meanwhile
    asked.set(k, drawn)
  }
  const close = async () => {
    worker.removeAllListeners('exit')
    await worker.terminate()
  }
  try {
    return {
      cropsPerEpoch: await ready.promise,
      at(k) {
        for (let next = k; next < k + ahead; next++) if (!asked.has(next)) ask(next)
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

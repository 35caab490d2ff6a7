import { Worker } from 'node:worker_threads'
import { FailureError } from '../contract/index.ts'
import type { CropFeeds } from '../../models/nucleusVit/crop.ts'
import type { MaskedCrop } from '../../models/train/maskedCrop.ts'
import type { MaskedCropJob, MaskedCropReply } from './maskedCropWorker.ts'

export interface DrawnCrop {
  readonly crop: MaskedCrop
  readonly feeds: CropFeeds
}

/** Masked crops, drawn on another thread while the engine computes. */
export interface MaskedCrops {
  /** Crops that see about every pixel of the sources once. */
  readonly cropsPerEpoch: number
  readonly regions: number
  /** Crop number k; asked for in order, the next ones are drawn meanwhile. */
  at(k: number): Promise<DrawnCrop>
  close(): Promise<void>
}

/** Crops waiting at most: one being used, the others ready. */
const ahead = 3

/** The source is .ts, the build is .js; the thread has the extension of this file. */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './maskedCropWorker.ts' : './maskedCropWorker.js',
  import.meta.url,
)

export async function maskedCrops(job: MaskedCropJob): Promise<MaskedCrops> {
  const worker = new Worker(workerUrl, { workerData: job })
  const waiting: { resolve: (crop: DrawnCrop) => void; reject: (error: unknown) => void }[] = []
  let broken: unknown
  let started: ((ready: MaskedCropReply & { kind: 'ready' }) => void) | undefined
  const fail = (error: unknown) => {
    broken ??= error
    for (const { reject } of waiting.splice(0)) reject(error)
    refuse(error)
  }
  let refuse: (error: unknown) => void = () => undefined
  const ready = new Promise<MaskedCropReply & { kind: 'ready' }>((resolve, reject) => {
    started = resolve
    refuse = reject
  })
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`The thread that draws crops stopped with code ${code}.`)))
  worker.on('message', (reply: MaskedCropReply) => {
    if (reply.kind === 'failure') fail(FailureError.of(reply.failure))
    else if (reply.kind === 'ready') started?.(reply)
    else waiting.shift()?.resolve(reply)
  })
  const asked = new Map<number, Promise<DrawnCrop>>()
  const ask = (k: number) => {
    const crop = new Promise<DrawnCrop>((resolve, reject) => {
      if (broken) return reject(broken as Error)
      waiting.push({ resolve, reject })
      worker.postMessage(k)
    })
    crop.catch(() => undefined) // awaited when its turn comes; a failure must not count as unhandled meanwhile
    asked.set(k, crop)
  }
  const { cropsPerEpoch, regions } = await ready
  return {
    cropsPerEpoch,
    regions,
    at(k) {
      for (let next = k; next < k + ahead; next++) if (!asked.has(next)) ask(next)
      const crop = asked.get(k)!
      asked.delete(k)
      return crop
    },
    async close() {
      worker.removeAllListeners('exit')
      await worker.terminate()
    },
  }
}

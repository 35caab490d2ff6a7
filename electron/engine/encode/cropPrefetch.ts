import { Worker } from 'node:worker_threads'
import { FailureError } from '../../contract/index.ts'
import { positionTables } from '../../../models/nucleusVit/positions.ts'
import { reusable, type CropFeeds } from '../../../models/nucleusVit/crop.ts'
import { cropsWaiting, type CropJob, type CropReply, type CropReturn, type CropThreadData } from './cropProtocol.ts'
import type { ReadCrop } from './cropReader.ts'

/** The source is .ts, the build is .js; the thread has the extension of this file. */
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './cropWorker.ts' : './cropWorker.js', import.meta.url)

/** A crop whose memory goes back to the thread that reads them. */
export interface LentCrop extends ReadCrop {
  /** To be called once with the feeds, or with those that came back from an encoder, when nobody reads them any more. */
  giveBack(feeds: CropFeeds): void
}

/**
 * Crops of a slide with their feeds, read, resampled and encoded by a thread of its own that keeps a few crops ahead of
 * the `atOnce` that the caller holds; each has to be given back. The thread ends when the caller stops asking. Fails as
 * opening and reading the slide fail.
 */
export async function* cropsAhead(job: CropJob, atOnce = 1): AsyncGenerator<LentCrop> {
  const patch_positions = positionTables(job.config).patches
  const workerData: CropThreadData = { job, inFlight: atOnce + cropsWaiting }
  const worker = new Worker(workerUrl, { workerData })
  const replies: CropReply[] = []
  let bug: Error | undefined
  let wake = () => {}
  worker.on('message', (reply: CropReply) => {
    replies.push(reply)
    wake()
  })
  const stop = (error: Error) => {
    bug ??= error
    wake()
  }
  const giveBack = (feeds: CropFeeds) => {
    const returned: CropReturn = reusable(feeds)
    worker.postMessage(returned, Object.values(returned))
  }
  worker.on('error', stop)
  worker.on('exit', (code) => stop(new Error(`The thread that reads crops stopped with code ${code}.`)))
  try {
    for (;;) {
      const reply = replies.shift()
      if (!reply) {
        if (bug) throw bug
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      if (reply.kind === 'done') return
      if (reply.kind === 'failure') throw FailureError.of(reply.failure)
      const { crop, feeds, of } = reply
      yield { crop, feeds: { ...feeds, patch_positions }, of, giveBack }
    }
  } finally {
    await worker.terminate()
  }
}

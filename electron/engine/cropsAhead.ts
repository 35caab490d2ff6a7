import { Worker } from 'node:worker_threads'
import { FailureError } from '../contract/index.ts'
import { positionTables } from '../../models/nucleusVit/positions.ts'
import type { CropJob, CropReply, CropReturn } from './cropProtocol.ts'
import type { ReadCrop } from './cropReader.ts'

/** The source is .ts, the build is .js; the thread has the extension of this file. */
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './cropWorker.ts' : './cropWorker.js', import.meta.url)

/**
 * Crops of a slide with their feeds, read, resampled and encoded by a thread of its own that keeps a few crops ahead:
 * `session.run` blocks this one. Feeds are valid until the next crop is asked for: their memory goes back to the
 * thread. The thread ends when the caller stops asking. Fails as opening and reading the slide fail.
 */
export async function* cropsAhead(job: CropJob): AsyncGenerator<ReadCrop> {
  const patch_positions = positionTables(job.config).patches
  const worker = new Worker(workerUrl, { workerData: job })
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
      if (reply.kind === 'failure') throw new FailureError(reply.failure.kind, reply.failure.message)
      const { crop, feeds, of } = reply
      yield { crop, feeds: { ...feeds, patch_positions }, of }
      const returned = { image: feeds.image.buffer, roi: feeds.roi.buffer } as CropReturn
      worker.postMessage(returned, [returned.image, returned.roi])
    }
  } finally {
    await worker.terminate()
  }
}

import { parentPort, workerData } from 'node:worker_threads'
import { attempt, unwrap } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import type { CropReply, CropReturn, CropThreadData } from './cropProtocol.ts'
import { readCrops } from './cropReader.ts'
import { buffersOf, withoutPatchPositions } from '../../../models/nucleusVit/crop.ts'

/** A reading thread: reads, resamples and encodes crops a few ahead of the engine. It must never load onnxruntime. */
const { job, inFlight } = workerData as CropThreadData
const post = (reply: CropReply, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(reply, transfer)

let free = inFlight
let wake = () => {}
const spare: CropReturn[] = []
parentPort?.on('message', (returned: CropReturn) => {
  spare.push(returned)
  free++
  wake()
})

async function send(): Promise<void> {
  const reader = unwrap(await openSlide(job.slide, { mpp: job.mpp }))
  try {
    const { boxes, config, first, wanted } = job
    const scale = { slideMpp: job.mpp, modelMpp: job.modelMpp }
    const crops = readCrops(reader, boxes, config, scale, { first, wanted, spare: () => spare.pop() })
    for await (const { crop, feeds, of } of crops) {
      post({ kind: 'crop', crop, feeds: withoutPatchPositions(feeds), of }, buffersOf(feeds))
      // Before the next is encoded, so that no more than that many ever exist.
      if (--free === 0) await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    await reader.close()
  }
}

void attempt(send).then((result) => {
  post(result.ok ? { kind: 'done' } : { kind: 'failure', failure: result.failure })
  parentPort?.close()
})

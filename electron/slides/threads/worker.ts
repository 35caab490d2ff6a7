import { parentPort } from 'node:worker_threads'
import { decodeMosaic } from '../jpeg/mosaic.ts'
import { loadJpeg2000, type DecodeJpeg2000 } from '../jpeg2000/openjpeg.ts'
import type { Decoded, DecodeJob, DecodeReply } from './protocol.ts'

/** A decoding thread: answers each DecodeJob message with a DecodeReply. */

let jpeg2000: Promise<DecodeJpeg2000> | undefined

async function decode(job: DecodeJob): Promise<Decoded | { error: string }> {
  if (job.codec === 'jpeg2000') return (await (jpeg2000 ??= loadJpeg2000()))(job.bytes)
  return decodeMosaic(job.width, job.height, job.pieces) ?? { error: 'a tile is of a rarer kind' }
}

parentPort?.on('message', (job: DecodeJob) => {
  const refused = (error: Error) => ({ error: error.message })
  void decode(job)
    .catch(refused)
    .then((image) => {
      const reply: DecodeReply = { ...image, id: job.id }
      parentPort?.postMessage(reply, 'data' in image ? [image.data.buffer as ArrayBuffer] : [])
    })
})

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import load from '@cornerstonejs/codec-openjpeg/decodewasmjs'
import type { DecodeJob, DecodeReply } from './protocol.ts'

/** A thread that decodes JPEG 2000 codestreams: takes DecodeJob messages, answers each with a DecodeReply. */

const wasm = createRequire(import.meta.url).resolve('@cornerstonejs/codec-openjpeg/decodewasm')
let lastError = ''
const openjpeg = await load({
  wasmBinary: readFileSync(wasm),
  print: (line) => {
    if (line.startsWith('[ERROR]') && !lastError) lastError = line.slice('[ERROR]'.length).trim()
  },
})

function decode({ id, bytes }: DecodeJob): DecodeReply {
  lastError = ''
  // A new decoder for each: a used one gives the pixels of its last success where it fails.
  const decoder = new openjpeg.J2KDecoder()
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes)
    decoder.decode()
    const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo()
    const data = decoder.getDecodedBuffer().slice()
    const isSound = width > 0 && data.length === width * height * componentCount
    if (!isSound) return { id, error: lastError || 'it holds no image' }
    if (bitsPerSample !== 8 || isSigned) return { id, error: `its samples have ${bitsPerSample} bits` }
    return { id, width, height, data }
  } catch {
    return { id, error: lastError || 'the decoder gave up' } // what it throws is a number without a meaning
  } finally {
    decoder.delete()
  }
}

parentPort?.on('message', (job: DecodeJob) => {
  const reply = decode(job)
  parentPort?.postMessage(reply, 'data' in reply ? [reply.data.buffer as ArrayBuffer] : [])
})

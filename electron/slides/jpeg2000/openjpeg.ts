import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Interleaved 8-bit samples. */
export interface Decoded {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Returns the samples of a codestream, or an error in words. */
export type DecodeJpeg2000 = (bytes: Uint8Array) => Decoded | { readonly error: string }

/** Loads OpenJPEG for the calling thread. */
export async function loadJpeg2000(): Promise<DecodeJpeg2000> {
  const { default: load } = await import('@cornerstonejs/codec-openjpeg/decodewasmjs')
  let lastError = ''
  const openjpeg = await load({
    wasmBinary: readFileSync(createRequire(import.meta.url).resolve('@cornerstonejs/codec-openjpeg/decodewasm')),
    print: (line) => {
      if (line.startsWith('[ERROR]') && !lastError) lastError = line.slice('[ERROR]'.length).trim()
    },
  })
  return (bytes) => {
    lastError = ''
    // A new decoder for each codestream: after a failure, a used one returns the pixels of its last success.
    const decoder = new openjpeg.J2KDecoder()
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes)
      decoder.decode()
      const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo()
      const data = decoder.getDecodedBuffer().slice()
      const isSound = width > 0 && data.length === width * height * componentCount
      if (!isSound) return { error: lastError || 'it holds no image' }
      if (bitsPerSample !== 8 || isSigned) return { error: `its samples have ${bitsPerSample} bits` }
      return { width, height, data }
    } catch {
      return { error: lastError || 'the decoder gave up' } // what it throws is a number without meaning
    } finally {
      decoder.delete()
    }
  }
}

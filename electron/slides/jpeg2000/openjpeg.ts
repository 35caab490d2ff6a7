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

/** Returns a copy of samples of 1 to 16 bits as bytes. */
function inBytes(samples: Uint8Array, bits: number): Uint8Array {
  if (bits === 8) return samples.slice()
  const white = 2 ** bits - 1
  if (bits < 8) return samples.map((value) => Math.round((255 * value) / white))
  const data = new Uint8Array(samples.length / 2)
  for (let i = 0; i < data.length; i++) data[i] = (samples[2 * i] | (samples[2 * i + 1] << 8)) >> (bits - 8)
  return data
}

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
  return (packed) => {
    lastError = ''
    // A new decoder for each codestream: after a failure, a used one returns the pixels of its last success.
    const decoder = new openjpeg.J2KDecoder()
    try {
      decoder.getEncodedBuffer(packed.length).set(packed)
      decoder.decode()
      const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo()
      const bytes = decoder.getDecodedBuffer()
      const bytesPerSample = bitsPerSample > 8 ? 2 : 1
      const isSound = width > 0 && bytes.length === width * height * componentCount * bytesPerSample
      if (!isSound) return { error: lastError || 'it holds no image' }
      if (bitsPerSample > 16 || isSigned) return { error: `its samples have ${bitsPerSample} bits` }
      return { width, height, data: inBytes(bytes, bitsPerSample) }
    } catch {
      return { error: lastError || 'the decoder gave up' } // what it throws is a number without meaning
    } finally {
      decoder.delete()
    }
  }
}

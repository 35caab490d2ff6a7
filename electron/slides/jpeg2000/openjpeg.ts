import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cameraBitsOf } from '../tiff/samples/unpack.ts'

/** Interleaved 8-bit samples. */
export interface Decoded {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
  /** Of JPEG 2000 of more than 8 bits whose range was asked for: the largest sample and the bits of its range. */
  readonly range?: { readonly largest: number; readonly bits: number }
}

/**
 * Returns the samples of a codestream, or an error in words. `isRanged`: samples of more than 8 bits are shown over the
 * smallest range of a camera that holds them, else over all their bits.
 */
export type DecodeJpeg2000 = (bytes: Uint8Array, isRanged?: boolean) => Decoded | { readonly error: string }

/** Returns a copy of samples of 1 to 16 bits as bytes. */
function inBytes(samples: Uint8Array, bits: number, isRanged: boolean): Pick<Decoded, 'data' | 'range'> {
  if (bits === 8) return { data: samples.slice() }
  if (bits < 8) return { data: samples.map((value) => Math.round((255 * value) / (2 ** bits - 1))) }
  const values = new Uint16Array(samples.slice().buffer)
  const largest = values.reduce((most, value) => Math.max(most, value), 0)
  const range = isRanged ? Math.min(bits, cameraBitsOf(largest)) : bits
  const data = Uint8Array.from(values, (value) => value >> (range - 8))
  return { data, ...(isRanged && { range: { largest, bits: range } }) }
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
  return (packed, isRanged = false) => {
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
      return { width, height, ...inBytes(bytes, bitsPerSample, isRanged) }
    } catch {
      return { error: lastError || 'the decoder gave up' } // what it throws is a number without meaning
    } finally {
      decoder.delete()
    }
  }
}

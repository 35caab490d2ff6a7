import { constants, inflateSync, zstdDecompressSync } from 'node:zlib'
import { compressions } from '../tags.ts'
import { unpackLzw } from './lzw.ts'

/** Compressions whose bytes are samples, lossless. */
export const sampleCompressions: readonly number[] = [
  compressions.none,
  compressions.lzw,
  compressions.deflate,
  compressions.oldDeflate,
  compressions.packbits,
  compressions.zstd,
]

/**
 * Returns the first `length` bytes of a packed block, or fewer if it holds fewer. Throws an Error in words if it is
 * damaged.
 */
export function unpack(packed: Uint8Array, compression: number, length: number): Uint8Array {
  // Some writers pad the last block to full size, so a block may hold more than is needed.
  const maxOutputLength = 2 * length + 65536
  switch (compression) {
    case compressions.none:
      return packed.subarray(0, length)
    case compressions.lzw:
      return unpackLzw(packed, length)
    case compressions.packbits:
      return unpackBits(packed, length)
    case compressions.zstd:
      return zstdDecompressSync(packed, { maxOutputLength }).subarray(0, length)
    default:
      return inflateSync(packed, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, length)
  }
}

/** Unpacks PackBits (TIFF 6.0 section 9). */
function unpackBits(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let at = 0
  for (let from = 0; from < packed.length && at < length;) {
    const code = packed[from++]
    if (code < 128) {
      const run = packed.subarray(from, from + Math.min(code + 1, length - at))
      out.set(run, at)
      from += code + 1
      at += run.length
    } else if (code > 128) {
      const count = Math.min(257 - code, length - at)
      if (from >= packed.length) break
      out.fill(packed[from++], at, at + count)
      at += count
    }
  }
  return out.subarray(0, at)
}

const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let out = 0
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) out |= 128 >> bit
  return out
})

/** Returns the bytes with their bits in reverse order (FillOrder 2). */
export const reverseBits = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => reversed[byte])

/** Returns the bits of the camera whose samples, stored in 16 bits, reach `largest`: 8, 10, 12, 14 or 16. */
export const cameraBitsOf = (largest: number): number =>
  largest === 0 ? 16 : ([8, 10, 12, 14].find((bits) => largest < 2 ** bits) ?? 16)

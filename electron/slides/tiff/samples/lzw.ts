const clearCode = 256
const endCode = 257
const maxCodes = 4096

/**
 * Unpacks LZW (TIFF 6.0 section 13) to at most `length` bytes. A string of the table is its predecessor plus one byte,
 * and both stand next to each other in the output; so the table only holds places in the output. Files from before
 * TIFF 5 have their bits in reverse order and lengthen their codes one code later; they begin with 0 and an odd byte.
 * Returns what could be unpacked: shorter than `length` if the data end early or are damaged.
 */
export function unpackLzw(packed: Uint8Array, length: number): Uint8Array {
  const isOld = packed.length > 1 && packed[0] === 0 && (packed[1] & 1) === 1
  const early = isOld ? 0 : 1
  const out = new Uint8Array(length)
  const starts = new Int32Array(maxCodes)
  const lengths = new Int32Array(maxCodes)
  let next = endCode + 1
  let width = 9
  let at = 0
  let bits = 0
  let held = 0
  let previousStart = -1
  let previousLength = 0
  for (let from = 0; at < length;) {
    while (held < width && from < packed.length) {
      bits = isOld ? bits | (packed[from++] << held) : ((bits << 8) | packed[from++]) & 0xffffff
      held += 8
    }
    if (held < width) break
    const mask = (1 << width) - 1
    const code = isOld ? bits & mask : (bits >> (held - width)) & mask
    if (isOld) bits >>>= width
    held -= width
    if (code === endCode) break
    if (code === clearCode) {
      next = endCode + 1
      width = 9
      previousStart = -1
      continue
    }
    const start = at
    if (code < clearCode) out[at++] = code
    else if (previousStart < 0 || code > next) break
    else {
      // The code that is about to be made: the last string and its first byte, which follow each other in the output.
      const [copyFrom, copyLength] = code === next ? [previousStart, previousLength + 1] : [starts[code], lengths[code]]
      const end = Math.min(copyLength, length - at)
      for (let i = 0; i < end; i++) out[at + i] = out[copyFrom + i]
      at += end
    }
    if (previousStart >= 0 && next < maxCodes) {
      starts[next] = previousStart
      lengths[next] = previousLength + 1
      next++
      if (next + early > mask && width < 12) width++
    }
    previousStart = start
    previousLength = at - start
  }
  return at === length ? out : out.subarray(0, at)
}

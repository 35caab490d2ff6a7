import type { JpegHeader } from './header.ts'
import { longEntry, shortShift, skipEntry, type HuffmanTable } from './huffman.ts'
import { flatBlock, inverseDct } from './inverseDct.ts'

/** Samples of a component. The plane starts at the first decoded unit. */
export interface Plane {
  readonly data: Uint8ClampedArray
  readonly stride: number
}

/** A range of units (MCUs) by column and row; ends are exclusive. */
export interface Units {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Row-by-row position of the k-th coefficient of the stream (ITU T.81 figure 5); undefined beyond the block. */
const zigzag = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
])

/** The bytes of a scan without stuffing, and the offsets of its restart intervals. */
interface Packed {
  readonly bytes: DataView
  readonly starts: readonly number[]
  readonly length: number
}

let packing = new Uint8Array(2 ** 16)
let words = new DataView(packing.buffer)
/** Zero bytes after the last byte: more than the six blocks of a unit can consume. */
const margin = 2048

/**
 * Copies the scan without stuffing, up to the first marker that is not a restart. Restart markers start a new interval.
 */
function unstuff(stream: Uint8Array, from: number): Packed {
  if (packing.length < stream.length + margin) {
    packing = new Uint8Array(2 * stream.length + margin)
    words = new DataView(packing.buffer)
  }
  const starts = [0]
  let length = 0
  for (let at = from; at < stream.length;) {
    const next = stream.indexOf(0xff, at)
    const end = next < 0 ? stream.length : next
    packing.set(stream.subarray(at, end), length)
    length += end - at
    if (next < 0) break
    const code = stream[next + 1]
    if (code === 0) packing[length++] = 0xff
    else if (code >= 0xd0 && code <= 0xd7) starts.push(length)
    else if (code !== 0xff) break // a fill byte may stand before a marker
    at = next + (code === 0xff ? 1 : 2)
  }
  packing.fill(0, length, length + margin)
  return { bytes: words, starts, length }
}

/**
 * Decodes the scan up to the last of `units` and transforms the blocks of `units` into the planes. Returns false if the
 * stream is inconsistent.
 */
export function decodeScan(stream: Uint8Array, header: JpegHeader, units: Units, planes: readonly Plane[]): boolean {
  const { components, restartInterval } = header
  const [luma] = components
  const unitsAcross = Math.ceil(header.width / (8 * luma.horizontalSampling))
  const { bytes, starts, length } = unstuff(stream, header.scanAt)
  const block = new Int32Array(65)
  const dcPredictors = new Int32Array(components.length)
  const last = (units.bottom - 1) * unitsAcross + units.right
  let bit = 0
  let interval = 0
  for (let unit = 0; unit < last; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      const start = starts[++interval]
      if (start === undefined || bit > 8 * start) return false
      bit = 8 * start
      dcPredictors.fill(0)
    }
    const row = Math.floor(unit / unitsAcross)
    const column = unit - row * unitsAcross
    const isWanted = row >= units.top && column >= units.left && column < units.right
    for (let i = 0; i < components.length; i++) {
      const { horizontalSampling: across, verticalSampling: down, steps, dc, ac } = components[i]
      const { data, stride } = planes[i]
      for (let b = 0; b < across * down; b++) {
        bit = decodeDc(bytes, bit, block, dc)
        if (bit < 0) return false
        dcPredictors[i] += block[0]
        bit = isWanted ? decodeAc(bytes, bit, block, steps, ac) : skipAc(bytes, bit, ac)
        if (bit < 0) return false
        if (!isWanted) continue
        const x = (column - units.left) * across + (b % across)
        const y = (row - units.top) * down + (b >= across ? 1 : 0)
        const at = 8 * (y * stride + x)
        if (!block[hasAcIndex]) flatBlock(dcPredictors[i] * steps[0], data, at, stride)
        else {
          block[0] = dcPredictors[i] * steps[0]
          inverseDct(block, data, at, stride)
          block.fill(0)
        }
      }
    }
    if (bit > 8 * length) return false
  }
  return true
}

/** Index in a block's array, after the coefficients: 1 if the block has any coefficient but the first. */
const hasAcIndex = 64

/** Returns at least the next 25 bits, left-aligned. */
const wordAt = (bytes: DataView, bit: number) => bytes.getUint32(bit >> 3) << (bit & 7)

/** Returns the number of `size` bits (not 0) that starts at `bit`. */
function numberAt(bytes: DataView, bit: number, size: number): number {
  const value = wordAt(bytes, bit) >>> (32 - size)
  return value < 1 << (size - 1) ? value - (1 << size) + 1 : value
}

/**
 * Reads the difference of a block's mean to the previous one into block[0]. Returns the bit after it; −1 if there is no
 * such code.
 */
function decodeDc(bytes: DataView, bit: number, block: Int32Array, dc: HuffmanTable): number {
  const word = wordAt(bytes, bit)
  const entry = dc.short[word >>> shortShift] || longEntry(dc, word >>> 16)
  if (entry === 0) return -1
  const size = (entry >> 9) & 15
  bit += entry & 31
  block[0] = size > 0 ? numberAt(bytes, bit, size) : entry >> 16
  return bit + size
}

/**
 * Reads the other coefficients, dequantised, starting at `bit`. Returns the bit after them; −1 if there is no such
 * code.
 */
function decodeAc(bytes: DataView, bit: number, block: Int32Array, steps: Int32Array, ac: HuffmanTable): number {
  const { short } = ac
  let hasAc = 0
  for (let k = 1; k < 64; k++) {
    const word = wordAt(bytes, bit)
    let entry = short[word >>> shortShift]
    let value = entry >> 16
    if (value === 0) {
      if (entry === 0) entry = longEntry(ac, word >>> 16)
      if (entry === 0) return -1
      const size = (entry >> 9) & 15
      if (size === 0) {
        bit += entry & 31
        if (((entry >> 5) & 15) < 15) break // end of block
        k += 15
        continue
      }
      value = numberAt(bytes, bit + (entry & 31), size)
      bit += size
    }
    bit += entry & 31
    k += (entry >> 5) & 15
    if (k > 63) return -1
    block[zigzag[k]] = value * steps[k]
    hasAc = 1
  }
  block[hasAcIndex] = hasAc
  return bit
}

/** Skips what decodeAc reads. */
function skipAc(bytes: DataView, bit: number, ac: HuffmanTable): number {
  const { short } = ac
  for (let k = 1; k < 64;) {
    const word = wordAt(bytes, bit)
    const skipped = skipEntry(ac, word)
    const after = k + ((skipped >> 6) & 127)
    if (skipped !== 0 && after < 64) {
      bit += skipped & 63
      if (skipped >> 13) break
      k = after
      continue
    }
    // One code alone: for the last codes of a block and for longer ones.
    const entry = short[word >>> shortShift] || longEntry(ac, word >>> 16)
    if (entry === 0) return -1
    const size = (entry >> 9) & 15
    const run = (entry >> 5) & 15
    bit += (entry & 31) + size
    if (size === 0 && entry >> 16 === 0) {
      if (run < 15) break
      k += 16
    } else {
      k += run + 1
      if (k > 64) return -1
    }
  }
  return bit
}

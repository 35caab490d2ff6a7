/** Bits that the table of short codes looks at. */
const shortBits = 9
/** Of 32 bits: what to shift away to have those. */
export const shortShift = 32 - shortBits
/** Bits that the table for skipping looks at. */
const strideBits = 10
/** Of 32 bits: what to shift away to have those. */
const strideShift = 32 - strideBits
/** Longest code (ITU T.81 B.2.4.2). */
const longest = 16

/**
 * A Huffman table of run and size symbols (ITU T.81 F.2.2). An entry tells, in its bits 0–4, how many bits it consumes;
 * 5–8, the run of zeros; 9–12, the size of a number that follows; 16–31, the number itself where it fitted into the bits
 * looked at (size is then 0). 0 where there is no code, or none so short.
 */
export interface HuffmanTable {
  /** Entries by the next `shortBits` bits. */
  readonly short: Int32Array
  /** In the order of their codes. */
  readonly symbols: Uint8Array
  /** By length: the first code too large for it, left-aligned to 16 bits. */
  readonly ends: Int32Array
  /** By length: index of a code's symbol less the code. */
  readonly offsets: Int32Array
  /** For `strideAt`: what it found, by the next `strideBits` bits; −1 where nobody asked yet. */
  readonly strides: Int32Array
}

/** Number of `size` bits as T.81 F.1.2.1 writes it: the lower half of its range is negative. */
const extended = (bits: number, size: number): number => (bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits)

/** From the 16 counts of codes by length and their symbols; null where they are no code. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | null {
  const short = new Int32Array(1 << shortBits)
  const ends = new Int32Array(longest + 1)
  const offsets = new Int32Array(longest + 1)
  for (let length = 1, code = 0, index = 0; length <= longest; length++, code <<= 1) {
    offsets[length] = index - code
    for (let left = counts[length - 1]; left > 0; left--, code++, index++)
      if (length <= shortBits) fill(short, code, length, symbols[index])
    if (code > 1 << length) return null
    ends[length] = code << (longest - length)
  }
  return { short, symbols, ends, offsets, strides: new Int32Array(1 << strideBits).fill(-1) }
}

/** Enters a code at all places that begin with it. */
function fill(short: Int32Array, code: number, length: number, symbol: number): void {
  const [run, size] = [symbol >> 4, symbol & 15]
  const free = shortBits - length
  const from = code << free
  if (size === 0 || size > free) {
    short.fill((size << 9) | (run << 5) | length, from, from + (1 << free))
    return
  }
  const rest = free - size
  for (let number = 0, at = from; number < 1 << size; number++, at += 1 << rest)
    short.fill((extended(number, size) << 16) | (run << 5) | (length + size), at, at + (1 << rest))
}

/** The entry of a code that the short table does not hold, as it is there without a number; 0 where there is none. */
export function longEntry(table: HuffmanTable, next16: number): number {
  for (let length = shortBits + 1; length <= longest; length++)
    if (next16 < table.ends[length]) {
      const symbol = table.symbols[(next16 >> (longest - length)) + table.offsets[length]]
      return ((symbol & 15) << 9) | ((symbol >> 4) << 5) | length
    }
  return 0
}

/**
 * For passing over the AC coefficients of a block: what the codes in the first `strideBits` bits of `word` amount to. It
 * tells, in its bits 0–5, how many bits they and their numbers consume; 6–12, how many coefficients they are; 13, whether
 * the last of them ends the block. 0 where there is no code, or none so short.
 */
export function strideAt({ short, strides }: HuffmanTable, word: number): number {
  const next = word >>> strideShift
  const known = strides[next]
  // Worked out when met: a tile may come with tables of its own, and meets a tenth of their entries.
  return known >= 0 ? known : (strides[next] = strideOver(short, next << strideShift))
}

function strideOver(short: Int32Array, word: number): number {
  let bits = 0
  let count = 0
  while (bits < strideBits) {
    const entry = short[(word << bits) >>> shortShift]
    const length = entry & 31
    // Beyond the bits nothing is known: a code, and its number where the entry has that, must lie in them.
    if (entry === 0 || bits + length > strideBits) break
    const size = (entry >> 9) & 15
    const run = (entry >> 5) & 15
    bits += length + size
    if (size === 0 && run < 15 && entry >> 16 === 0) return bits | (count << 6) | (1 << 13)
    count += run + 1
  }
  return bits | (count << 6)
}

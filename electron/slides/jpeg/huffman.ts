/** Bits that index the table of short codes. */
const shortBits = 9
/** Shift that leaves these bits of a 32-bit word. */
export const shortShift = 32 - shortBits
/** Bits that index the table for skipping. */
const skipBits = 10
/** Shift that leaves these bits of a 32-bit word. */
const skipShift = 32 - skipBits
/** Length of the longest code (ITU T.81 B.2.4.2). */
const longest = 16

/**
 * A Huffman table of run and size symbols (ITU T.81 F.2.2). Bits of an entry: 0–4, number of bits that it consumes;
 * 5–8, run of zeros; 9–12, size of the number that follows; 16–31, the number itself if it fits into the index bits
 * (size is then 0). An entry is 0 if there is no code, or none this short.
 */
export interface HuffmanTable {
  /** Entries by the next `shortBits` bits. */
  readonly short: Int32Array
  /** Symbols in the order of their codes. */
  readonly symbols: Uint8Array
  /** By length: the first code that is too large for this length, left-aligned to 16 bits. */
  readonly ends: Int32Array
  /** By length: index of a code's symbol minus the code. */
  readonly offsets: Int32Array
  /** Cache of `skipEntry` by the next `skipBits` bits; −1: not computed yet. */
  readonly skipTable: Int32Array
}

/** Decodes a number of `size` bits as in T.81 F.1.2.1: the lower half of its range is negative. */
const extended = (bits: number, size: number): number => (bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits)

/** Makes a table from the 16 counts of codes by length and their symbols. Returns null if they are not a valid code. */
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
  return { short, symbols, ends, offsets, skipTable: new Int32Array(1 << skipBits).fill(-1) }
}

/** Fills all entries that begin with a code. */
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

/** Returns the entry of a code that is too long for the short table, without a number; 0 if there is no such code. */
export function longEntry(table: HuffmanTable, next16: number): number {
  for (let length = shortBits + 1; length <= longest; length++)
    if (next16 < table.ends[length]) {
      const symbol = table.symbols[(next16 >> (longest - length)) + table.offsets[length]]
      return ((symbol & 15) << 9) | ((symbol >> 4) << 5) | length
    }
  return 0
}

/**
 * Skips AC coefficients of a block: sums up the codes in the first `skipBits` bits of `word`. Bits of the result:
 * 0–5, bits that the codes and their numbers consume; 6–12, number of coefficients; 13, whether the last code ends the
 * block. Returns 0 if there is no code, or none this short.
 */
export function skipEntry({ short, skipTable }: HuffmanTable, word: number): number {
  const next = word >>> skipShift
  const known = skipTable[next]
  // Computed on demand: each tile may have its own tables, and uses about a tenth of the entries.
  return known >= 0 ? known : (skipTable[next] = computeSkipEntry(short, next << skipShift))
}

function computeSkipEntry(short: Int32Array, word: number): number {
  let bits = 0
  let count = 0
  while (bits < skipBits) {
    const entry = short[(word << bits) >>> shortShift]
    const length = entry & 31
    // A code, and its number if the entry has one, must lie within the index bits: nothing is known beyond them.
    if (entry === 0 || bits + length > skipBits) break
    const size = (entry >> 9) & 15
    const run = (entry >> 5) & 15
    bits += length + size
    if (size === 0 && run < 15 && entry >> 16 === 0) return bits | (count << 6) | (1 << 13)
    count += run + 1
  }
  return bits | (count << 6)
}

import type { RgbImage } from '../../electron/contract/index.ts'

/** Writes small TIFF files by hand, sound or not: whatever byte order, layout and values a test asks for. */

/** Type 3 = SHORT, 4 = LONG, 5 = RATIONAL (two values each), 16 = LONG8, 2 = ASCII, 7 = bytes. */
export interface Entry {
  readonly tag: number
  readonly type: 2 | 3 | 4 | 5 | 7 | 16
  readonly values: readonly number[] | string | Uint8Array
  /** A count that lies. */
  readonly claimedCount?: number
  /** Where the values are said to be, though they are not. */
  readonly claimedOffset?: number
}

export interface Page {
  readonly entries: readonly Entry[]
  /** Blocks; their offsets and lengths are added as tags 324/325 (tiles) or 273/279 (strips). */
  readonly blocks?: readonly (Uint8Array | null)[]
  readonly isStripped?: boolean
  /** Pages reached through SubIFDs only. */
  readonly subPages?: readonly Page[]
}

export interface TiffOptions {
  readonly bigEndian?: boolean
  readonly big?: boolean
  /** Offset written as the last page's next directory. */
  readonly lastNext?: number | 'first'
}

const sizes = { 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 16: 8 } as const

export function writeTiff(pages: readonly Page[], { bigEndian, big, lastNext = 0 }: TiffOptions = {}): Buffer {
  const parts: Buffer[] = []
  let end = 0
  const append = (bytes: Uint8Array): number => {
    const at = end
    const padded = Buffer.alloc(bytes.length + (bytes.length % 2))
    padded.set(bytes)
    parts.push(padded)
    end += padded.length
    return at
  }
  const number = (value: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size)
    if (size === 8) bytes.writeBigUInt64LE(BigInt(value))
    else bytes.writeUIntLE(value, 0, size)
    return bigEndian ? bytes.reverse() : bytes
  }
  const offsetSize = big ? 8 : 4
  const entryBytes = ({ type, values }: Entry): Buffer => {
    if (typeof values === 'string') return Buffer.from(values + '\0', 'utf8')
    if (values instanceof Uint8Array) return Buffer.from(values)
    return Buffer.concat(values.map((value) => number(value, type === 5 ? 4 : sizes[type])))
  }

  append(Buffer.alloc(big ? 16 : 8))
  /** Writes a page; its `next` is filled in later. */
  const writePage = (page: Page): { at: number; nextAt: number } => {
    const blocks = (page.blocks ?? []).map((block) => ({
      offset: block ? append(block) : 0,
      length: block?.length ?? 0,
    }))
    const subPages = (page.subPages ?? []).map((sub) => writePage(sub).at)
    const [offsetTag, lengthTag] = page.isStripped ? [273, 279] : [324, 325]
    const long = big ? 16 : 4
    const entries: Entry[] = [...page.entries]
    if (blocks.length) {
      entries.push({ tag: offsetTag, type: long, values: blocks.map((b) => b.offset) })
      entries.push({ tag: lengthTag, type: 4, values: blocks.map((b) => b.length) })
    }
    if (subPages.length) entries.push({ tag: 330, type: long, values: subPages })
    entries.sort((a, b) => a.tag - b.tag)
    const rows = entries.map((entry) => {
      const bytes = entryBytes(entry)
      const count = entry.claimedCount ?? bytes.length / sizes[entry.type]
      const isInline = entry.claimedOffset === undefined && bytes.length <= offsetSize
      const value = isInline
        ? Buffer.concat([bytes, Buffer.alloc(offsetSize - bytes.length)])
        : number(entry.claimedOffset ?? append(bytes), offsetSize)
      return Buffer.concat([number(entry.tag, 2), number(entry.type, 2), number(count, offsetSize), value])
    })
    const body = Buffer.concat([number(rows.length, big ? 8 : 2), ...rows])
    const at = append(Buffer.concat([body, Buffer.alloc(offsetSize)]))
    return { at, nextAt: at + body.length }
  }
  const written = pages.map(writePage)
  const bytes = Buffer.concat(parts)
  const order = bigEndian ? 'MM' : 'II'
  const first = number(written[0]?.at ?? 0, offsetSize)
  const header = big
    ? [Buffer.from(order), number(43, 2), number(8, 2), number(0, 2), first]
    : [Buffer.from(order), number(42, 2), first]
  bytes.set(Buffer.concat(header))
  written.forEach(({ nextAt }, i) => {
    const next = written[i + 1]?.at ?? (lastNext === 'first' ? written[0].at : lastNext)
    bytes.set(number(next, offsetSize), nextAt)
  })
  return bytes
}

/** The entries of an 8-bit RGB image in tiles. */
export function rgbTiles(width: number, height: number, tile: number, compression = 1, photometric = 2): Entry[] {
  return [
    { tag: 256, type: 4, values: [width] },
    { tag: 257, type: 4, values: [height] },
    { tag: 258, type: 3, values: [8, 8, 8] },
    { tag: 259, type: 3, values: [compression] },
    { tag: 262, type: 3, values: [photometric] },
    { tag: 277, type: 3, values: [3] },
    { tag: 322, type: 3, values: [tile] },
    { tag: 323, type: 3, values: [tile] },
  ]
}

/**
 * The same little-endian pyramid with its lower levels as SubIFDs of the first, as QuPath and Bio-Formats write them: a new
 * first directory with tag 330 is appended, which takes the others out of the chain.
 */
export function levelsAsSubIfds(bytes: Buffer): Buffer {
  const big = bytes.readUInt16LE(2) === 43
  const [wordSize, countSize, rowSize] = big ? [8, 8, 20] : [4, 2, 12]
  const word = (at: number) => (big ? Number(bytes.readBigUInt64LE(at)) : bytes.readUInt32LE(at))
  const rowsOf = (at: number) => (big ? Number(bytes.readBigUInt64LE(at)) : bytes.readUInt16LE(at))
  const rowsEnd = (at: number) => at + countSize + rowsOf(at) * rowSize
  const levels: number[] = []
  for (let at = word(big ? 8 : 4); at !== 0; at = word(rowsEnd(at))) levels.push(at)
  const [first, ...lower] = levels
  const words = (values: readonly number[]) => {
    const out = Buffer.alloc(values.length * wordSize)
    values.forEach((value, i) =>
      big ? out.writeBigUInt64LE(BigInt(value), i * wordSize) : out.writeUInt32LE(value, i * wordSize),
    )
    return out
  }
  const listAt = bytes.length + (bytes.length % 2)
  const list = words(lower)
  const head = Buffer.alloc(4)
  head.writeUInt16LE(330, 0)
  head.writeUInt16LE(big ? 16 : 4, 2)
  const subIfds = Buffer.concat([head, words([lower.length, lower.length === 1 ? lower[0] : listAt])])
  const rows: Buffer[] = [subIfds]
  for (let at = first + countSize; at < rowsEnd(first); at += rowSize) rows.push(bytes.subarray(at, at + rowSize))
  rows.sort((a, b) => a.readUInt16LE(0) - b.readUInt16LE(0))
  const count = Buffer.alloc(countSize)
  count.writeUInt16LE(rows.length, 0)
  const out = Buffer.concat([bytes, Buffer.alloc(listAt - bytes.length), list, count, ...rows, words([0])])
  words([listAt + list.length]).copy(out, big ? 8 : 4)
  return out
}

/** A file of two images, each in one strip. `names`: as OME-XML names them; absent: a plain TIFF without a scale. */
export function twoImages(first: RgbImage, second: RgbImage, names?: readonly [string, string]): Buffer {
  const xml =
    names &&
    `<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">${[
      first,
      second,
    ]
      .map(
        ({ width, height }, i) =>
          `<Image ID="Image:${i}" Name="${names[i]}"><Pixels ID="Pixels:${i}" DimensionOrder="XYCZT" Type="uint8" SizeX="${width}" ` +
          `SizeY="${height}" SizeZ="1" SizeC="3" SizeT="1" PhysicalSizeX="0.25" PhysicalSizeY="0.25"><Channel SamplesPerPixel="3"/>` +
          `<TiffData IFD="${i}" PlaneCount="1"/></Pixels></Image>`,
      )
      .join('')}</OME>`
  return writeTiff(
    [first, second].map((image, i) => ({
      entries: [
        ...rgbTiles(image.width, image.height, 32).filter(({ tag }) => tag < 300),
        { tag: 278, type: 3, values: [image.height] } as const,
        ...(xml && i === 0 ? [{ tag: 270, type: 2, values: xml } as const] : []),
      ],
      blocks: [image.data],
      isStripped: true,
    })),
  )
}

import { FailureError, message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'

/** Bytes per value of each TIFF field type; index = type number (TIFF 6.0, BigTIFF). */
export const fieldSizes: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8]

/** A directory entry. Its values are read on demand. */
export interface TiffField {
  readonly type: number
  readonly count: number
  /**
   * Returns value i as a number (rationals divided). Reads a block of values around it and caches it. Throws
   * FailureError 'unreadable' outside the file.
   */
  number(i: number): Promise<number>
  /** Returns all values as bytes. Throws FailureError 'unreadable' if there are more than `most` bytes. */
  bytes(most: number): Promise<Buffer>
  /** Returns all values as numbers. Throws FailureError 'unreadable' if there are more than `most`. */
  numbers(most: number): Promise<number[]>
}

interface Entry {
  readonly tag: number
  readonly type: number
  readonly count: number
  readonly littleEndian: boolean
  /** Values of a few bytes are in the entry itself … */
  readonly inline?: Buffer
  /** … others are at this offset in the file. */
  readonly offset?: number
}

/** Number of values read at once from long arrays: the tiles of a view are close together in the tables. */
const blockValues = 4096

function valueAt(view: DataView, at: number, type: number, littleEndian: boolean): number {
  switch (type) {
    case 6:
      return view.getInt8(at)
    case 3:
      return view.getUint16(at, littleEndian)
    case 8:
      return view.getInt16(at, littleEndian)
    case 4:
    case 13:
      return view.getUint32(at, littleEndian)
    case 9:
      return view.getInt32(at, littleEndian)
    case 5:
      return view.getUint32(at, littleEndian) / view.getUint32(at + 4, littleEndian)
    case 10:
      return view.getInt32(at, littleEndian) / view.getInt32(at + 4, littleEndian)
    case 11:
      return view.getFloat32(at, littleEndian)
    case 12:
      return view.getFloat64(at, littleEndian)
    case 16:
    case 18:
      return Number(view.getBigUint64(at, littleEndian))
    case 17:
      return Number(view.getBigInt64(at, littleEndian))
    default:
      return view.getUint8(at)
  }
}

export function createField(file: SlideFile, entry: Entry): TiffField {
  const { tag, type, count, littleEndian } = entry
  const size = fieldSizes[type]
  const part = message('partField', { tag })
  // The number of cached blocks is limited: a table of a million tiles must not fill memory.
  const blocks = new Map<number, Promise<DataView>>()

  const readBytes = async (from: number, length: number): Promise<Buffer> =>
    entry.inline ? entry.inline.subarray(from, from + length) : file.read((entry.offset ?? 0) + from, length, part)
  const block = (index: number): Promise<DataView> => {
    const held = blocks.get(index)
    if (held) return held
    const first = index * blockValues
    const read = readBytes(first * size, Math.min(blockValues, count - first) * size).then(
      (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    )
    if (blocks.size >= 64) blocks.clear()
    blocks.set(index, read)
    read.catch(() => blocks.delete(index)) // try again next time: the drive may come back
    return read
  }
  const checkCount = (most: number) => {
    if (count > most)
      throw new FailureError(
        'unreadable',
        message('damagedFile', { file: file.name, kind: 'TIFF', flaw: message('fieldCount', { part, values: count }) }),
      )
  }
  const number = async (i: number): Promise<number> => {
    if (!(i >= 0 && i < count))
      throw new FailureError(
        'unreadable',
        message('damagedFile', { file: file.name, kind: 'TIFF', flaw: message('fieldShort', { part, values: count }) }),
      )
    const index = Math.floor(i / blockValues)
    return valueAt(await block(index), (i - index * blockValues) * size, type, littleEndian)
  }

  return {
    type,
    count,
    number,
    async bytes(most) {
      checkCount(most / size)
      return readBytes(0, count * size)
    },
    async numbers(most) {
      checkCount(most)
      const values: number[] = []
      for (let i = 0; i < count; i++) values.push(await number(i))
      return values
    },
  }
}

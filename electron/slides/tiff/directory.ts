import { FailureError, message, type Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import { createField, fieldSizes, type TiffField } from './field.ts'

/** An image file directory: tag → field. */
export type TiffDirectory = ReadonlyMap<number, TiffField>

/** A TIFF or BigTIFF file, in either byte order. */
export interface Tiff {
  readonly file: SlideFile
  readonly isLittleEndian: boolean
  readonly isBig: boolean
  /** The chain of main directories, in file order, as far as it is intact; at least one. */
  readonly directories: readonly TiffDirectory[]
  /** Why the chain was not followed to its end, in a sentence; null if it was. */
  readonly brokenChain: Message | null
  /** Reads a directory outside the chain (SubIFDs). */
  directoryAt(offset: number): Promise<TiffDirectory>
}

/** Slides have tens of pages; focal stacks have hundreds. */
const maxDirectories = 1024
/** TIFF 6.0 defines about 75 tags; private ones add a few dozen. */
const maxEntries = 4096

/** Returns whether a file starts as a TIFF: byte order, then 42, or 43 for BigTIFF. */
export function isTiff(head: Uint8Array): boolean {
  const start = String.fromCharCode(...head.subarray(0, 4))
  return ['II*\0', 'II+\0', 'MM\0*', 'MM\0+'].includes(start)
}

/**
 * Reads a file's directories, but not the values that they point to. Throws FailureError 'unreadable' if the first is
 * damaged (outside the file, an impossible count). If a later one is damaged, those before it are kept: they may be the
 * levels that matter.
 */
export async function readTiff(file: SlideFile): Promise<Tiff> {
  const damaged = (flaw: Message) =>
    new FailureError('unreadable', message('damagedFile', { file: file.name, kind: 'TIFF', flaw }))
  const littleEndian = file.head[0] === 0x49
  const isBig = file.head[littleEndian ? 2 : 3] === 43
  const offsetSize = isBig ? 8 : 4
  const view = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const offsetIn = (v: DataView, at: number) =>
    isBig ? Number(v.getBigUint64(at, littleEndian)) : v.getUint32(at, littleEndian)

  const readDirectory = async (offset: number): Promise<{ directory: TiffDirectory; next: number }> => {
    if (offset < 8) throw damaged(message('directoryAt', { offset }))
    const countSize = isBig ? 8 : 2
    const countView = view(await file.read(offset, countSize, message('partDirectory')))
    const count = isBig ? Number(countView.getBigUint64(0, littleEndian)) : countView.getUint16(0, littleEndian)
    if (count === 0 || count > maxEntries) throw damaged(message('directoryEntries', { entries: count }))
    const entrySize = isBig ? 20 : 12
    const entries = view(await file.read(offset + countSize, count * entrySize + offsetSize, message('partDirectory')))
    const directory = new Map<number, TiffField>()
    for (let i = 0; i < count; i++) {
      const at = i * entrySize
      const type = entries.getUint16(at + 2, littleEndian)
      const size = fieldSizes[type]
      if (!size) continue // TIFF 6.0: readers skip fields of unknown type
      const length = offsetIn(entries, at + 4)
      const valueAt = at + 4 + offsetSize
      const isInline = length * size <= offsetSize
      const place = isInline
        ? { inline: Buffer.from(entries.buffer, entries.byteOffset + valueAt, offsetSize) }
        : { offset: offsetIn(entries, valueAt) }
      const tag = entries.getUint16(at, littleEndian)
      if (!directory.has(tag))
        directory.set(tag, createField(file, { tag, type, count: length, littleEndian, ...place }))
    }
    return { directory, next: offsetIn(entries, count * entrySize) }
  }

  const header = view(await file.read(0, isBig ? 16 : 8, message('partHeader')))
  if (isBig && (header.getUint16(4, littleEndian) !== 8 || header.getUint16(6, littleEndian) !== 0))
    throw damaged(message('bigTiffHeader'))
  const directories: TiffDirectory[] = []
  let brokenChain: Message | null = null
  const seen = new Set<number>()
  for (let offset = offsetIn(header, isBig ? 8 : 4); offset !== 0;)
    try {
      if (seen.has(offset)) throw damaged(message('directoryCircle'))
      if (seen.size >= maxDirectories) throw damaged(message('directoryMany', { most: maxDirectories }))
      seen.add(offset)
      const { directory, next } = await readDirectory(offset)
      directories.push(directory)
      offset = next
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.kind !== 'unreadable' || directories.length === 0)
        throw error
      brokenChain = error.failure.message
      break
    }
  if (directories.length === 0) throw damaged(message('noImage'))
  return {
    file,
    isLittleEndian: littleEndian,
    isBig,
    directories,
    brokenChain,
    directoryAt: async (offset) => (await readDirectory(offset)).directory,
  }
}

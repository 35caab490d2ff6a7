import { FailureError, message } from '../../contract/index.ts'
import { Cursor, type TorchFile } from './file.ts'

/** One file in an archive, as the archive's directory lists it. */
export interface ZipEntry {
  readonly size: number
  /** Compression method. 0 = none, the only one that torch writes. */
  readonly method: number
  readonly headerPosition: number
}

const endSignature = 0x06054b50
const end64LocatorSignature = 0x07064b50
const end64Signature = 0x06064b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
/** Length of an end record with the longest possible comment, bytes. */
const maxEndRecord = 22 + 0xffff
const unknown32 = 0xffffffff

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * Reads the directory at the end of a zip archive (zip64 included) and no other part of the file. Throws FailureError
 * 'unreadable' if the directory is missing or cut short.
 */
export function zipEntries(file: TorchFile): Map<string, ZipEntry> {
  const { position, length } = directory(file)
  const cursor = new Cursor(file, position, Math.min(position + length, file.size))
  const entries = new Map<string, ZipEntry>()
  while (cursor.position < position + length) {
    const fixed = view(cursor.take(46))
    if (fixed.getUint32(0, true) !== entrySignature) file.failDamaged(message('archiveDirectory'))
    const [method, packed, size] = [fixed.getUint16(10, true), fixed.getUint32(20, true), fixed.getUint32(24, true)]
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => fixed.getUint16(at, true))
    const header = fixed.getUint32(42, true)
    const name = cursor.text(nameLength)
    const wide = wideNumbers(cursor.take(extraLength).slice())
    cursor.take(commentLength)
    // zip64 lists only the numbers that do not fit into 32 bits, in this order.
    const full = (value: number) =>
      value === unknown32 ? (wide.shift() ?? file.failDamaged(message('archiveDirectory'))) : value
    const fullSize = full(size)
    full(packed)
    entries.set(name, { size: fullSize, method, headerPosition: full(header) })
  }
  return entries
}

/**
 * Returns the position of an entry's bytes in the file. Throws FailureError 'unsupported' if the entry is compressed,
 * 'unreadable' if it is misplaced or cut short.
 */
export function entryPosition(file: TorchFile, name: string, { size, method, headerPosition }: ZipEntry): number {
  if (method !== 0) throw new FailureError('unsupported', message('torchCompressed', { path: file.path, name }))
  const header = view(file.read(headerPosition, 30))
  if (header.getUint32(0, true) !== localSignature) file.failDamaged(message('archiveMisplaced', { name }))
  const position = headerPosition + 30 + header.getUint16(26, true) + header.getUint16(28, true)
  if (position + size > file.size) file.failDamaged(message('cutShort'))
  return position
}

function directory(file: TorchFile): { position: number; length: number } {
  const tailLength = Math.min(maxEndRecord, file.size)
  const tail = view(file.read(file.size - tailLength, tailLength))
  for (let at = tailLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== endSignature) continue
    const end = file.size - tailLength + at
    const locator = end >= 20 ? view(file.read(end - 20, 20)) : undefined
    if (locator?.getUint32(0, true) === end64LocatorSignature) {
      const end64 = view(file.read(checkedNumber(file, locator.getBigUint64(8, true)), 56))
      if (end64.getUint32(0, true) !== end64Signature) file.failDamaged(message('archiveDirectory'))
      return {
        length: checkedNumber(file, end64.getBigUint64(40, true)),
        position: checkedNumber(file, end64.getBigUint64(48, true)),
      }
    }
    return { length: tail.getUint32(at + 12, true), position: tail.getUint32(at + 16, true) }
  }
  return file.failDamaged(message('archiveNoEnd'))
}

/** Returns the 64-bit numbers of zip64's extra field (id 1). */
function wideNumbers(extra: Uint8Array): number[] {
  const fields = view(extra)
  for (let at = 0; at + 4 <= extra.length;) {
    const length = fields.getUint16(at + 2, true)
    if (fields.getUint16(at, true) === 1) {
      const numbers: number[] = []
      for (let k = at + 4; k + 8 <= Math.min(at + 4 + length, extra.length); k += 8)
        numbers.push(Number(fields.getBigUint64(k, true)))
      return numbers
    }
    at += 4 + length
  }
  return []
}

function checkedNumber(file: TorchFile, value: bigint): number {
  if (value > BigInt(file.size)) file.failDamaged(message('archiveDirectory'))
  return Number(value)
}

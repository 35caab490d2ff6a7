import { FailureError, message } from '../../contract/index.ts'
import { Cursor, type TorchFile } from './file.ts'

/** A stored file of an archive, as its directory lists it. */
export interface ZipEntry {
  readonly size: number
  /** 0 = stored as it is; torch writes no other. */
  readonly method: number
  readonly headerPosition: number
}

const endSignature = 0x06054b50
const end64LocatorSignature = 0x07064b50
const end64Signature = 0x06064b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
/** An end record with the longest comment. */
const longestEnd = 22 + 0xffff
const unknown32 = 0xffffffff

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * The directory of a zip archive, zip64 included, read at its end: no other byte of the file is touched.
 * @throws FailureError unreadable where it is missing or cut
 */
export function zipEntries(file: TorchFile): Map<string, ZipEntry> {
  const { position, length } = directory(file)
  const cursor = new Cursor(file, position, Math.min(position + length, file.size))
  const entries = new Map<string, ZipEntry>()
  while (cursor.position < position + length) {
    const fixed = view(cursor.take(46))
    if (fixed.getUint32(0, true) !== entrySignature) file.damaged(message('archiveDirectory'))
    const [method, packed, size] = [fixed.getUint16(10, true), fixed.getUint32(20, true), fixed.getUint32(24, true)]
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => fixed.getUint16(at, true))
    const header = fixed.getUint32(42, true)
    const name = cursor.text(nameLength)
    const wide = wideNumbers(cursor.take(extraLength).slice())
    cursor.take(commentLength)
    // zip64 lists only the numbers that did not fit, in this order.
    const real = (value: number) =>
      value === unknown32 ? (wide.shift() ?? file.damaged(message('archiveDirectory'))) : value
    const realSize = real(size)
    real(packed)
    entries.set(name, { size: realSize, method, headerPosition: real(header) })
  }
  return entries
}

/** Where an entry's bytes lie. */
export function entryPosition(file: TorchFile, name: string, { size, method, headerPosition }: ZipEntry): number {
  if (method !== 0) throw new FailureError('unsupported', message('torchCompressed', { path: file.path, name }))
  const header = view(file.read(headerPosition, 30))
  if (header.getUint32(0, true) !== localSignature) file.damaged(message('archiveMisplaced', { name }))
  const position = headerPosition + 30 + header.getUint16(26, true) + header.getUint16(28, true)
  if (position + size > file.size) file.damaged(message('cutShort'))
  return position
}

function directory(file: TorchFile): { position: number; length: number } {
  const tailLength = Math.min(longestEnd, file.size)
  const tail = view(file.read(file.size - tailLength, tailLength))
  for (let at = tailLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== endSignature) continue
    const end = file.size - tailLength + at
    const locator = end >= 20 ? view(file.read(end - 20, 20)) : undefined
    if (locator?.getUint32(0, true) === end64LocatorSignature) {
      const end64 = view(file.read(safe(file, locator.getBigUint64(8, true)), 56))
      if (end64.getUint32(0, true) !== end64Signature) file.damaged(message('archiveDirectory'))
      return { length: safe(file, end64.getBigUint64(40, true)), position: safe(file, end64.getBigUint64(48, true)) }
    }
    return { length: tail.getUint32(at + 12, true), position: tail.getUint32(at + 16, true) }
  }
  return file.damaged(message('archiveNoEnd'))
}

/** The 64-bit numbers of the extra field that holds them (id 1). */
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

function safe(file: TorchFile, value: bigint): number {
  if (value > BigInt(file.size)) file.damaged(message('archiveDirectory'))
  return Number(value)
}

import { createHash } from 'node:crypto'

/** Value representations with a length of four bytes in explicit VR (PS3.5 7.1.2). */
const longVrs = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT', 'UV', 'SV'])

/** Returns tag, VR and length of an element: explicit VR, little-endian. */
export function elementHead(tag: number, vr: string, length: number): Buffer {
  const isLong = longVrs.has(vr)
  const head = Buffer.alloc(isLong ? 12 : 8)
  head.writeUInt16LE(tag >>> 16, 0)
  head.writeUInt16LE(tag & 0xffff, 2)
  head.write(vr, 4, 'latin1')
  if (isLong) head.writeUInt32LE(length, 8)
  else head.writeUInt16LE(length, 6)
  return head
}

/** Returns an element with a text or bytes, padded to an even length. */
export function element(tag: number, vr: string, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  const pad = bytes.length % 2 ? Buffer.from([vr === 'UI' || vr === 'OB' ? 0 : 0x20]) : Buffer.alloc(0)
  return Buffer.concat([elementHead(tag, vr, bytes.length + pad.length), bytes, pad])
}

export function u16(tag: number, value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return element(tag, 'US', bytes)
}

export function u32(tag: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return element(tag, 'UL', bytes)
}

function delimiter(tag: number, length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(tag >>> 16, 0)
  bytes.writeUInt16LE(tag & 0xffff, 2)
  bytes.writeUInt32LE(length, 4)
  return bytes
}
const undefinedLength = 0xffffffff
export const itemStart = delimiter(0xfffee000, undefinedLength)
export const itemEnd = delimiter(0xfffee00d, 0)
export const sequenceEnd = delimiter(0xfffee0dd, 0)
/** Returns the beginning of a sequence of undefined length; `sequenceEnd` ends it. */
export const sequenceStart = (tag: number): Buffer => elementHead(tag, 'SQ', undefinedLength)

/** Returns a sequence of items, each of which is a list of elements. */
export const sequence = (tag: number, ...items: readonly Buffer[][]): Buffer =>
  Buffer.concat([sequenceStart(tag), ...items.flatMap((item) => [itemStart, ...item, itemEnd]), sequenceEnd])

/** Returns an item of a code sequence (PS3.3 8.8). */
export const code = (value: string, scheme: string, meaning: string): Buffer[] => [
  element(0x00080100, 'SH', value),
  element(0x00080102, 'SH', scheme),
  element(0x00080104, 'LO', meaning),
]

/** Returns a UID made from a UUID or from the hash of a text (PS3.5 B.2). */
export function uidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').slice(0, 32)
  return `2.25.${BigInt(`0x${hex}`)}`
}

/** Returns a text as one of at most `most` characters, without the backslash that would divide it. */
export const shortText = (text: string, most: number): string => text.replaceAll('\\', '/').slice(0, most)

/** Returns the meta information of a file (PS3.10 7.1) with its preamble. */
export function fileMeta(sopClass: string, sopInstance: string): Buffer {
  const elements = Buffer.concat([
    element(0x00020001, 'OB', Buffer.from([0, 1])),
    element(0x00020002, 'UI', sopClass),
    element(0x00020003, 'UI', sopInstance),
    element(0x00020010, 'UI', '1.2.840.10008.1.2.1'),
    element(0x00020012, 'UI', uidOf('Karyon implementation')),
    element(0x00020013, 'SH', 'KARYON'),
  ])
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), u32(0x00020000, elements.length), elements])
}

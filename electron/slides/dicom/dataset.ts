import { FailureError, message, type Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import { ByteReader } from './byteReader.ts'
import { attributes, delimiters } from './tags.ts'

/** Position of an element's value in the file, in bytes. */
export interface ByteRange {
  readonly offset: number
  /** null: undefined length; the value is a sequence of fragments. */
  readonly length: number | null
}

/**
 * The attributes from tags.ts that a data set contains: values as bytes, sequences as data sets, large values as
 * positions.
 */
export interface Dataset {
  readonly values: ReadonlyMap<number, Buffer>
  readonly items: ReadonlyMap<number, readonly Dataset[]>
  readonly ranges: ReadonlyMap<number, ByteRange>
}

interface Element {
  readonly tag: number
  readonly vr: string
  /** null: undefined length. */
  readonly length: number | null
}

const readTags: ReadonlySet<number> = new Set(Object.values(attributes))
/** Attributes whose values are not read with the header, but when they are needed. */
const lazyTags: ReadonlySet<number> = new Set([
  attributes.extendedOffsets,
  attributes.extendedLengths,
  attributes.pixelData,
  attributes.iccProfile,
])
/** Value representations (VRs) with a four-byte length in explicit VR (PS3.5 7.1.2). */
const longVrs = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])
/** The sequences among the attributes that are read. With implicit VR, only a dictionary can tell. */
const sequences: ReadonlySet<number> = new Set([
  attributes.pixelMeasures,
  attributes.opticalPaths,
  attributes.planePosition,
  attributes.sharedGroups,
  attributes.perFrameGroups,
])
const tagSize = 4
const undefinedLength = 0xffffffff
const maxValue = 2 ** 16
const maxDepth = 8
/** A slide of a million frames has about eight million elements. */
const maxElements = 2e7

/** Reads explicit or implicit little-endian DICOM from `offset` up to the pixels. Throws FailureError 'unreadable'. */
export async function readDataset(
  file: SlideFile,
  offset: number,
  isExplicit: boolean,
  isEnd: (tag: number) => boolean = () => false,
): Promise<{ dataset: Dataset; end: number }> {
  const reader = new ByteReader(file, offset)
  let count = 0
  const damaged = (flaw: Message) =>
    new FailureError('unreadable', message('damagedFile', { file: file.name, kind: 'DICOM', flaw }))

  const nextTag = async () => {
    const bytes = await reader.take(tagSize)
    return bytes.readUInt16LE(0) * 65536 + bytes.readUInt16LE(2)
  }
  const nextLength = async () => {
    const length = (await reader.take(4)).readUInt32LE(0)
    return length === undefinedLength ? null : length
  }
  const nextElement = async (explicit: boolean): Promise<Element> => {
    if (++count > maxElements) throw damaged(message('headerEndless'))
    const tag = await nextTag()
    if (tag >= delimiters.item && tag <= delimiters.sequenceEnd) return { tag, vr: '', length: await nextLength() }
    if (!explicit) return { tag, vr: sequences.has(tag) ? 'SQ' : 'UN', length: await nextLength() }
    const head = await reader.take(4)
    const vr = head.toString('latin1', 0, 2)
    if (!/^[A-Z]{2}$/.test(vr)) throw damaged(message('notElement'))
    return { tag, vr, length: longVrs.has(vr) ? await nextLength() : head.readUInt16LE(2) }
  }
  /** Returns the end of a value that starts here. */
  const endOf = (length: number): number => {
    const end = reader.at + length
    if (end > file.size) throw damaged(message('elementEnd', { end, size: file.size }))
    return end
  }

  /** Reads the items of a sequence. With `keep` false, only skips them. */
  const readItems = async (length: number | null, explicit: boolean, depth: number, keep: boolean) => {
    if (depth > maxDepth) throw damaged(message('nestedTooDeep'))
    const items: Dataset[] = []
    const end = length === null ? Infinity : endOf(length)
    while (reader.at < end) {
      const { tag, length: itemLength } = await nextElement(explicit)
      if (tag === delimiters.sequenceEnd) break
      if (tag !== delimiters.item) throw damaged(message('notItems'))
      const item = await readElements(itemLength, explicit, depth + 1, keep)
      if (keep) items.push(item)
    }
    return items
  }

  const readElements = async (
    length: number | null,
    explicit: boolean,
    depth: number,
    keep: boolean,
  ): Promise<Dataset> => {
    const values = new Map<number, Buffer>()
    const items = new Map<number, Dataset[]>()
    const ranges = new Map<number, ByteRange>()
    const end = length === null ? Infinity : endOf(length)
    while (reader.at < end && !(depth === 0 && reader.isAtEnd)) {
      if (depth === 0) {
        const isOver = isEnd(await nextTag())
        reader.at -= tagSize
        if (isOver) break
      }
      const { tag, vr, length: size } = await nextElement(explicit)
      if (tag === delimiters.itemEnd) break
      const isKept = keep && readTags.has(tag)
      if (tag === attributes.pixelData && depth === 0) {
        ranges.set(tag, { offset: reader.at, length: size })
        if (size !== null) endOf(size)
        break
      }
      if (vr === 'SQ' || size === null) {
        // Unknown VR and undefined length: a sequence whose items have implicit VR (PS3.5 6.2.2).
        const found = await readItems(size, explicit && vr !== 'UN', depth, isKept)
        if (isKept) items.set(tag, found)
        continue
      }
      const valueEnd = endOf(size)
      if (isKept && lazyTags.has(tag)) ranges.set(tag, { offset: reader.at, length: size })
      else if (isKept) {
        if (size > maxValue) throw damaged(message('valueClaims', { bytes: size }))
        values.set(tag, Buffer.from(await reader.take(size)))
      }
      reader.at = valueEnd
    }
    return { values, items, ranges }
  }
  const dataset = await readElements(null, isExplicit, 0, true)
  return { dataset, end: reader.at }
}

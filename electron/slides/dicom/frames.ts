import { FailureError, message, type Message } from '../../contract/index.ts'
import { ByteReader } from './byteReader.ts'
import type { Instance } from './instance.ts'
import { delimiters } from './tags.ts'

/** The fragments of one frame: offset and length in the file, bytes. */
type Fragments = readonly (readonly [offset: number, length: number])[]

/** Reads the bytes of a frame, compressed or not. `frame` counts from 0 within the instance. */
export type ReadFrame = (frame: number, part: Message) => Promise<Buffer>

/** Largest plausible size of a frame in bytes: no compression doubles the size of the pixels. */
const maxFrame = (instance: Instance) => instance.tileWidth * instance.tileHeight * instance.samples * 2 + 65536

/** Returns a function that reads the frames of an instance. It locates them when the first one is read. */
export function frameReader(instance: Instance): ReadFrame {
  const { file, pixels, frames } = instance
  if (pixels.length !== null) {
    const length = instance.tileWidth * instance.tileHeight * instance.samples
    return async (frame, part) => {
      if ((frame + 1) * length > (pixels.length ?? 0)) throw damagedPixels(instance, message('notInPixels', { part }))
      return file.read(pixels.offset + frame * length, length, part)
    }
  }
  let places: Promise<readonly Fragments[]> | undefined
  return async (frame, part) => {
    places ??= (async () => (await extendedTable(instance)) ?? (await fragmentTable(instance)))().catch(
      (error: unknown) => {
        places = undefined // try again next time: the drive may come back
        throw error
      },
    )
    const fragments = (await places)[frame]
    if (!fragments || frame >= frames) throw damagedPixels(instance, message('notInPixels', { part }))
    const length = fragments.reduce((sum, [, l]) => sum + l, 0)
    if (length > maxFrame(instance)) throw damagedPixels(instance, message('partClaims', { part, bytes: length }))
    const parts = await Promise.all(fragments.map(([offset, l]) => file.read(offset, l, part)))
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  }
}

const damagedPixels = ({ file }: Instance, flaw: Message) =>
  new FailureError('unreadable', message('damagedFile', { file: file.name, kind: 'DICOM', flaw }))

/**
 * Locates frames by the Extended Offset Table (PS3.3 C.7.6.3.1.8). Its offsets count from the first item after the
 * basic table.
 */
async function extendedTable(instance: Instance): Promise<readonly Fragments[] | null> {
  const { file, extendedOffsets, extendedLengths, frames, pixels } = instance
  if (!extendedOffsets?.length || !extendedLengths?.length) return null
  if (extendedOffsets.length !== 8 * frames || extendedLengths.length !== 8 * frames) return null
  const [offsets, lengths, basic] = await Promise.all([
    file.read(extendedOffsets.offset, extendedOffsets.length, message('partFrameTable')),
    file.read(extendedLengths.offset, extendedLengths.length, message('partFrameTable')),
    file.read(pixels.offset, 8, message('partPixels')),
  ])
  const first = pixels.offset + 8 + basic.readUInt32LE(4)
  // Each frame is one fragment, preceded by its item tag and length (8 bytes).
  return Array.from({ length: frames }, (_, i): Fragments => {
    const offset = first + Number(offsets.readBigUInt64LE(8 * i)) + 8
    return [[offset, Number(lengths.readBigUInt64LE(8 * i))]]
  })
}

/**
 * Locates frames by walking over the fragments. If there are more fragments than frames, the Basic Offset Table groups
 * them.
 */
async function fragmentTable(instance: Instance): Promise<readonly Fragments[]> {
  const { file, pixels, frames } = instance
  const reader = new ByteReader(file, pixels.offset)
  const nextItem = async (): Promise<number | null> => {
    const head = await reader.take(8)
    const tag = head.readUInt16LE(0) * 65536 + head.readUInt16LE(2)
    if (tag === delimiters.sequenceEnd) return null
    if (tag !== delimiters.item) throw damagedPixels(instance, message('notFragments'))
    return head.readUInt32LE(4)
  }
  const tableLength = await nextItem()
  if (tableLength === null) throw damagedPixels(instance, message('noPixels'))
  const table = tableLength === 4 * frames ? Buffer.from(await reader.take(tableLength)) : null
  if (!table) reader.at += tableLength
  const firstItem = reader.at
  const fragments: [offset: number, length: number][] = []
  while (!reader.isAtEnd) {
    const length = await nextItem()
    if (length === null) break
    fragments.push([reader.at, length])
    if (fragments.length > 64 * frames + 1024) throw damagedPixels(instance, message('manyFragments'))
    reader.at += length
  }
  if (fragments.length === frames) return fragments.map((fragment) => [fragment])
  if (frames === 1) return [fragments]
  if (!table) throw damagedPixels(instance, message('fragmentCount', { fragments: fragments.length, frames }))
  const found: [number, number][][] = []
  for (const fragment of fragments) {
    // A fragment at the offset where the next frame starts begins that frame. Other fragments continue the current one.
    const starts = found.length < frames && fragment[0] === firstItem + table.readUInt32LE(4 * found.length) + 8
    if (starts) found.push([fragment])
    else found.at(-1)?.push(fragment)
  }
  return found
}

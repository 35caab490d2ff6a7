import { readFile, stat } from 'node:fs/promises'
import { decodeColumns, encodeColumns, FailureError, message, type Columns } from '../../../contract/index.ts'
import { openSlideFile, type SlideFile } from '../../../slides/source/file.ts'
import { npyEntry, npyHeader, type NpyHeader } from '../../../slides/source/npy.ts'
import { writeAtomically } from '../../files/writeAtomically.ts'
import { outlinesOf, type InstanceMap } from '../instanceMap.ts'

/** Number of class channels of a PanNuke mask. The channel after them is background. */
export const classChannels = 5

/** The nuclei of a fold. Those of picture k are rows start[k] … start[k+1] − 1. */
export interface FoldIndex {
  readonly start: Uint32Array
  /** xmin, ymin, xmax, ymax in pixels; the maxima are exclusive. */
  readonly box: Uint16Array
  /** Mask channel, which gives the class. */
  readonly channel: Uint8Array
  /** Instance number within its channel. */
  readonly instance: Uint32Array
}

/** Version of the stored index. Increase it when the content changes. */
const version = 1
const indexPath = (masks: string) => masks.replace(/\.npy$/i, '') + '.karyon-index'

/**
 * Opens the `masks.npy` of a fold: [pictures, height, width, 6]. Throws FailureError 'invalid-input' for other shapes.
 */
export async function openMasks(path: string): Promise<{ file: SlideFile; header: NpyHeader }> {
  const file = await openSlideFile(path)
  try {
    const header = await npyHeader(file)
    if (header.shape.length !== 4 || header.shape[3] !== classChannels + 1)
      throw new FailureError('invalid-input', message('panNukeShape', { path, found: header.shape }))
    return { file, header }
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * Returns the index of a fold's masks. It is read from the file beside them if that was made from the same masks.
 * Otherwise it is made in one pass over the masks and stored. Masks of 8 GB are read picture by picture.
 */
export async function foldIndex(path: string, onPicture: (done: number, of: number) => void): Promise<FoldIndex> {
  const { size, mtimeMs } = await stat(path)
  const key = Float64Array.of(version, size, mtimeMs)
  const kept = await readIndex(indexPath(path), key)
  if (kept) return kept
  const { file, header } = await openMasks(path)
  try {
    const index = await scan(file, header, onPicture)
    // If the folder is read-only, the pass is repeated next time.
    await writeAtomically(indexPath(path), [encodeColumns({ key, ...index })]).catch(() => undefined)
    return index
  } finally {
    await file.close()
  }
}

async function readIndex(path: string, key: Float64Array): Promise<FoldIndex | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  if (!bytes) return undefined
  try {
    const { key: stored, ...index } = decodeColumns(bytes) as Columns & { key: Float64Array } & FoldIndex
    const isSame = stored.length === key.length && stored.every((v, i) => v === key[i])
    return isSame && index.box.length === 4 * index.start.at(-1)! ? index : undefined
  } catch {
    return undefined // a damaged index is replaced
  }
}

async function scan(
  file: SlideFile,
  header: NpyHeader,
  onPicture: (done: number, of: number) => void,
): Promise<FoldIndex> {
  const [count, height, width] = header.shape
  const start = new Uint32Array(count + 1)
  const [box, channel, instance]: [number[], number[], number[]] = [[], [], []]
  for (let k = 0; k < count; k++) {
    const mask = await npyEntry(file, header, k)
    for (let c = 0; c < classChannels; c++) {
      const boxes = new Map<number, [number, number, number, number]>()
      let last = 0
      let own: [number, number, number, number] = [0, 0, 0, 0]
      for (let y = 0, p = c; y < height; y++)
        for (let x = 0; x < width; x++, p += classChannels + 1) {
          const value = Number(mask[p])
          if (value === 0) continue
          if (value !== last) {
            if (!(Number.isInteger(value) && value > 0 && value < 2 ** 32))
              throw new FailureError('unreadable', message('panNukeValue', { path: file.path, picture: k, value }))
            last = value
            const known = boxes.get(value)
            if (known) own = known
            else boxes.set(value, (own = [x, y, x + 1, y + 1]))
          }
          if (x < own[0]) own[0] = x
          if (x >= own[2]) own[2] = x + 1
          if (y >= own[3]) own[3] = y + 1
        }
      for (const [value, bounds] of boxes) {
        box.push(...bounds)
        channel.push(c)
        instance.push(value)
      }
    }
    start[k + 1] = channel.length
    onPicture(k + 1, count)
  }
  return {
    start,
    box: Uint16Array.from(box),
    channel: Uint8Array.from(channel),
    instance: Uint32Array.from(instance),
  }
}

/**
 * Returns the outlines of picture k's nuclei in the order of the index. Each is traced in its own channel, so that
 * overlapping nuclei of different classes stay whole.
 */
export async function foldOutlines(path: string, index: FoldIndex, k: number): Promise<Float64Array[]> {
  const { file, header } = await openMasks(path)
  try {
    const [, height, width] = header.shape
    const mask = await npyEntry(file, header, k)
    const channels: InstanceMap[] = Array.from({ length: classChannels }, (_, c) => ({
      width,
      height,
      at: Float64Array.from({ length: width * height }, (_, p) => Number(mask[p * (classChannels + 1) + c])),
    }))
    const [from, to] = [index.start[k], index.start[k + 1]]
    return Array.from({ length: to - from }, (_, i) => {
      const n = from + i
      const one = {
        value: index.instance.subarray(n, n + 1),
        boxes: Float32Array.from(index.box.subarray(4 * n, 4 * n + 4)),
      }
      return outlinesOf(channels[index.channel[n]], one)[0]
    })
  } finally {
    await file.close()
  }
}

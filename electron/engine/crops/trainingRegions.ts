import { unwrap, type NucleiSource, type SlideReader } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { random } from '../../../models/nn/random.ts'
import type { AnnotatedImage } from '../../../models/train/augment.ts'
import { levelZeroBoxes } from '../encode/cropReader.ts'

/** A part of a source that is read in one call. */
export interface TrainingRegion {
  /** Index of its source. */
  readonly source: number
  /** Position and size in level-0 pixels. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Positions of the nuclei that touch it. */
  readonly members: Uint32Array
}

/** Side of a region in crops. */
const regionInCrops = 2

/**
 * Splits the sources into regions about two crops wide. A picture up to twice as large is one region. Of larger
 * pictures only the regions with a nucleus are kept, because glass teaches nothing.
 * @param cropSize side of the network's input, pixels at the model's scale
 */
export async function planRegions(
  sources: readonly NucleiSource[],
  modelMpp: number,
  cropSize: number,
): Promise<TrainingRegion[]> {
  const regions: TrainingRegion[] = []
  for (const [s, source] of sources.entries()) {
    const { width, height } = await sizeOfSource(source)
    const boxes = levelZeroBoxes(source.nuclei)
    const side = (regionInCrops * cropSize * modelMpp) / source.mpp
    if (width <= 2 * side && height <= 2 * side) {
      regions.push({
        source: s,
        x: 0,
        y: 0,
        width,
        height,
        members: Uint32Array.from(Array(source.nuclei.count).keys()),
      })
      continue
    }
    const columns = Math.ceil(width / side)
    const rows = Math.ceil(height / side)
    const cells = new Map<number, number[]>()
    const place = (level0: number, last: number) => Math.min(Math.max(Math.floor(level0 / side), 0), last)
    for (let i = 0; i < source.nuclei.count; i++)
      for (let row = place(boxes[4 * i + 1], rows - 1); row <= place(boxes[4 * i + 3], rows - 1); row++)
        for (let column = place(boxes[4 * i], columns - 1); column <= place(boxes[4 * i + 2], columns - 1); column++) {
          const cell = row * columns + column
          const members = cells.get(cell)
          if (members) members.push(i)
          else cells.set(cell, [i])
        }
    for (const [cell, members] of [...cells].sort(([a], [b]) => a - b)) {
      const [x, y] = [(cell % columns) * side, Math.floor(cell / columns) * side]
      regions.push({
        source: s,
        x,
        y,
        width: Math.min(side, width - x),
        height: Math.min(side, height - y),
        members: Uint32Array.from(members),
      })
    }
  }
  return regions
}

/** Returns the size of a source in level-0 pixels. */
export async function sizeOfSource({ slide, mpp }: NucleiSource): Promise<{ width: number; height: number }> {
  const reader = unwrap(await openSlide(slide, { mpp }))
  const { width, height } = reader.info
  await reader.close()
  return { width, height }
}

/** Maximum number of regions held out, because scoring takes a second per region. */
const mostHeldOut = 60

/** Returns the positions of the held-out regions. The same seed gives the same regions. */
export function heldOutOf(regions: readonly TrainingRegion[], share: number, seed: number): Set<number> {
  if (share <= 0 || regions.length < 2) return new Set()
  const count = Math.min(Math.max(1, Math.round(share * regions.length)), mostHeldOut, regions.length - 1)
  return new Set(random(seed).permutation(regions.length).subarray(0, count))
}

/** Maximum size of the cache of decoded regions, bytes. It fits a data set of some hundred tiles but not a slide. */
const cacheBytes = 600e6
const openReaders = 8

/** Returns a reader of regions at the model's scale. It caches the most recently used regions. */
export function regionReader(sources: readonly NucleiSource[], modelMpp: number) {
  const readers = new Map<number, Promise<SlideReader>>()
  const images = new Map<TrainingRegion, Promise<AnnotatedImage>>()
  const boxes = new Map<number, Float64Array>()
  let bytes = 0

  const readerOf = async (s: number) => {
    const known = readers.get(s)
    readers.delete(s)
    const reader = known ?? openSlide(sources[s].slide, { mpp: sources[s].mpp }).then(unwrap)
    readers.set(s, reader)
    const [oldest] = readers.keys()
    if (readers.size > openReaders) {
      const closing = readers.get(oldest)
      readers.delete(oldest)
      await (await closing)?.close()
    }
    return reader
  }
  const boxesOf = (s: number) => {
    let made = boxes.get(s)
    if (!made) boxes.set(s, (made = levelZeroBoxes(sources[s].nuclei)))
    return made
  }
  const load = async ({ source, members, ...rect }: TrainingRegion): Promise<AnnotatedImage> => {
    const perPixel = modelMpp / sources[source].mpp
    const [width, height] = [Math.round(rect.width / perPixel), Math.round(rect.height / perPixel)]
    const { data } = await (await readerOf(source)).region(rect, width, height)
    const level0 = boxesOf(source)
    return {
      width,
      height,
      rgb: data,
      boxes: Float32Array.from({ length: 4 * members.length }, (_, k) => {
        const origin = k % 2 ? rect.y : rect.x
        return (level0[4 * members[k >> 2] + (k & 3)] - origin) / perPixel
      }),
    }
  }
  return {
    /** Reads one region. Wait for each call before the next. */
    async read(region: TrainingRegion): Promise<AnnotatedImage> {
      const known = images.get(region)
      if (known) {
        images.delete(region)
        images.set(region, known)
        return known
      }
      const loading = load(region)
      images.set(region, loading)
      bytes += (await loading).rgb.length
      for (const [old, image] of images) {
        if (bytes <= cacheBytes || old === region) break
        images.delete(old)
        bytes -= (await image).rgb.length
      }
      return loading
    },
    async close(): Promise<void> {
      for (const reader of readers.values()) await (await reader).close()
      readers.clear()
    },
  }
}

/** Returns the seed of crop number k. */
export const seedOfCrop = (seed: number, k: number): number =>
  Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(k + 1, 0x85ebca6b)

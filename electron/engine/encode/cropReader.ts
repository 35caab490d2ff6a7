import type { Nuclei, SlideReader } from '../../contract/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { cropEncoder, type CropBuffers, type CropFeeds } from '../../../models/nucleusVit/crop.ts'
import { planCrops, type PlannedCrop } from '../../../models/tiling/cropPlan.ts'
import { turnedBoxes, turnedPixels, type ViewCount } from '../../../models/tiling/views.ts'
import type { Rect } from '../../contract/index.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

/** Returns the boxes of all nuclei in level-0 pixels, 4 numbers per nucleus. */
export function levelZeroBoxes(nuclei: Pick<Nuclei, 'count' | 'origin' | 'box'>): Float64Array {
  const boxes = new Float64Array(4 * nuclei.count)
  for (let i = 0; i < nuclei.count; i++) boxes.set(boxOf(nuclei, i), 4 * i)
  return boxes
}

export interface ReadCrop {
  readonly crop: PlannedCrop
  readonly feeds: CropFeeds
  /** Total number of crops. */
  readonly of: number
}

/** How many crops are read ahead of the one being encoded. Decoding runs on other threads. */
const readAhead = 2

/**
 * Yields, in order, the crops that own at least one nucleus of `wanted` (all nuclei if absent), at the model's scale, and
 * of each crop all its views, one after another.
 * The next crops are read in the meantime.
 */
export async function* readCrops(
  reader: SlideReader,
  boxes: Float64Array,
  config: NucleusVitConfig,
  scale: { readonly slideMpp: number; readonly modelMpp: number },
  options: {
    readonly first?: Rect
    readonly wanted?: ReadonlySet<number>
    /** Number of views of each crop; 1 if absent. */
    readonly views?: ViewCount
    /** Returns the memory of a crop that is no longer used. */
    readonly spare?: () => CropBuffers | undefined
  } = {},
): AsyncGenerator<ReadCrop> {
  const plan = cropsFor(reader, boxes, config, scale, options)
  const encoder = cropEncoder(config)
  const side = config.imageSize
  const read = (crop: PlannedCrop) => {
    const pixels = reader.region({ x: crop.x, y: crop.y, width: crop.size, height: crop.size }, side, side)
    pixels.catch(() => undefined) // awaited later; until then a failure must not count as unhandled
    return pixels
  }
  const ahead = plan.slice(0, readAhead).map(read)
  for (const [i, crop] of plan.entries()) {
    if (i + readAhead < plan.length) ahead.push(read(plan[i + readAhead]))
    const { data } = await ahead.shift()!
    const inCrop = new Float32Array(4 * crop.members.length)
    const perPixel = side / crop.size
    crop.members.forEach((n, k) => {
      for (let j = 0; j < 4; j++) inCrop[4 * k + j] = (boxes[4 * n + j] - (j % 2 ? crop.y : crop.x)) * perPixel
      // Boxes are clipped to the crop, as in training.
      for (let j = 0; j < 4; j++) inCrop[4 * k + j] = Math.min(Math.max(inCrop[4 * k + j], 0), side)
    })
    for (let view = 0; view < (options.views ?? 1); view++) {
      const [rgb, at] = [turnedPixels(data, side, view), turnedBoxes(inCrop, side, view)]
      yield { crop, feeds: encoder.encode(rgb, at, options.spare?.()), of: plan.length }
    }
  }
}

export function cropsFor(
  reader: SlideReader,
  boxes: Float64Array,
  config: NucleusVitConfig,
  { slideMpp, modelMpp }: { readonly slideMpp: number; readonly modelMpp: number },
  { first, wanted }: { readonly first?: Rect; readonly wanted?: ReadonlySet<number> } = {},
): PlannedCrop[] {
  const { width, height } = reader.info
  const crops = planCrops({ width, height, boxes, size: (config.imageSize * modelMpp) / slideMpp, first })
  return wanted ? crops.filter((crop) => crop.owned.some((k) => wanted.has(crop.members[k]))) : crops
}

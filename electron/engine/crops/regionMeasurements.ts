import type { NucleiSource } from '../../contract/index.ts'
import { measurements } from '../../../models/metrics/measurements.ts'
import { random } from '../../../models/nn/random.ts'
import type { AnnotatedImage } from '../../../models/train/augment.ts'
import type { TrainingRegion } from './trainingRegions.ts'

/** Number of measurements of one nucleus (models/metrics/measurements.ts): 43 of its own, 44 of its surroundings. */
export const measuredCount = 87
/** Nuclei from which mean and deviation of each measurement are taken. */
const nucleiForScale = 4000
/** Standardised measurements are clipped to ± this, so that a few odd outlines do not rule the loss. */
const most = 4

/**
 * Returns a function that gives the measurements [n, measuredCount] of a region's nuclei, standardised over the sources
 * and kept, because they cost more than a crop.
 */
export async function regionMeasurer(
  sources: readonly NucleiSource[],
  mpp: number,
  regions: readonly TrainingRegion[],
  read: (region: TrainingRegion) => Promise<AnnotatedImage>,
  seed: number,
): Promise<(region: TrainingRegion, image: AnnotatedImage) => Float32Array> {
  const measure = (region: TrainingRegion, { rgb, width, height }: AnnotatedImage): Float64Array => {
    const rows = measurements(rgb, width, height, outlinesOf(sources[region.source], region, mpp), mpp)
    if (rows.length !== region.members.length * measuredCount)
      throw new Error(
        `Each of ${region.members.length} nuclei must have ${measuredCount} measurements; got ${rows.length} in all.`,
      )
    return rows
  }
  const seen: Float64Array[] = []
  let count = 0
  for (const i of random(seed).permutation(regions.length)) {
    if (count >= nucleiForScale) break
    const rows = measure(regions[i], await read(regions[i]))
    seen.push(rows)
    count += rows.length / measuredCount
  }
  const { mean, deviation } = momentsOf(seen, Math.max(1, count))
  const kept = new Map<TrainingRegion, Float32Array>()
  return (region, image) => {
    let rows = kept.get(region)
    if (!rows) {
      rows = Float32Array.from(measure(region, image), (v, i) => {
        const f = i % measuredCount
        return Math.min(Math.max((v - mean[f]) / deviation[f], -most), most)
      })
      kept.set(region, rows)
    }
    return rows
  }
}

/** Returns some rows of measurements [n, measuredCount]. */
export function measuredRows(all: Float32Array, rows: Uint32Array): Float32Array {
  const picked = new Float32Array(rows.length * measuredCount)
  rows.forEach((row, k) => picked.set(all.subarray(row * measuredCount, (row + 1) * measuredCount), k * measuredCount))
  return picked
}

/** Returns the outlines of a region's nuclei in the region's pixels at this scale. */
function outlinesOf({ nuclei, mpp: sourceMpp }: NucleiSource, region: TrainingRegion, mpp: number): Float64Array[] {
  const perPixel = mpp / sourceMpp
  const [ox, oy] = [nuclei.origin[0] - region.x, nuclei.origin[1] - region.y]
  return Array.from(region.members, (i) =>
    Float64Array.from(
      nuclei.outline.subarray(2 * nuclei.outlineStart[i], 2 * nuclei.outlineStart[i + 1]),
      (v, k) => (v + (k % 2 ? oy : ox)) / perPixel,
    ),
  )
}

function momentsOf(parts: readonly Float64Array[], count: number) {
  const mean = new Float64Array(measuredCount)
  const deviation = new Float64Array(measuredCount)
  for (const rows of parts) rows.forEach((v, i) => (mean[i % measuredCount] += v / count))
  for (const rows of parts)
    rows.forEach((v, i) => (deviation[i % measuredCount] += (v - mean[i % measuredCount]) ** 2 / count))
  return { mean, deviation: deviation.map((v) => Math.sqrt(v) || 1) }
}

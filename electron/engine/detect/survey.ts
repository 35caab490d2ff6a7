import type { Rect, SlideReader, TissueArea } from '../../contract/index.ts'
import { planRegions, workingScale, type Region, type WorkRect } from '../../../models/detector/grid.ts'
import { measureStains, type SlideStains } from '../../../models/detector/slideStains.ts'
import { applyArea, tissueForDetection } from '../../slides/index.ts'

/** Properties of a slide that are measured before the search. They do not depend on the requested region. */
export interface Survey {
  /** Level-0 pixels per working pixel. */
  readonly scale: number
  readonly stains: SlideStains
  /** Regions that hold tissue, row by row. */
  readonly regions: readonly Region[]
  /** Cores of the regions without tissue. */
  readonly bare: readonly WorkRect[]
}

/** Maximum number of squares on which stains are measured, and their side. They are spread over the tissue. */
const sampleCount = 16
const sampleSide = 128 // µm

/**
 * Finds the tissue, measures the stains on samples of it, and divides it into regions.
 * @param mpp µm per level-0 pixel
 * @param areas where people marked tissue or no tissue
 */
export async function surveySlide(
  reader: SlideReader,
  mpp: number,
  areas: readonly TissueArea[] = [],
): Promise<Survey> {
  const { width, height } = reader.info
  const scale = workingScale(mpp)
  const workWidth = Math.max(Math.floor(width / scale), 1)
  const workHeight = Math.max(Math.floor(height / scale), 1)
  let tissue = await tissueForDetection(reader, mpp)
  for (const area of areas) tissue = applyArea(tissue, area)
  const { mask, width: overviewWidth, height: overviewHeight } = tissue

  /** Returns the share of tissue in a rectangle in working pixels. */
  const tissueShare = (r: WorkRect): number => {
    const fx = overviewWidth / workWidth
    const fy = overviewHeight / workHeight
    const right = Math.max(Math.min(Math.ceil(r.right * fx), overviewWidth), 1)
    const bottom = Math.max(Math.min(Math.ceil(r.bottom * fy), overviewHeight), 1)
    const x0 = Math.min(Math.floor(r.x * fx), right - 1)
    const y0 = Math.min(Math.floor(r.y * fy), bottom - 1)
    let count = 0
    for (let y = y0; y < bottom; y++) for (let x = x0; x < right; x++) count += mask[y * overviewWidth + x]
    return count / ((right - x0) * (bottom - y0))
  }

  const squares = planRegions(workWidth, workHeight, mpp * scale, sampleSide)
    .map(({ core }) => core)
    .filter((core) => tissueShare(core) > 0.5)
  const count = Math.min(sampleCount, squares.length)
  const samples: Uint8Array[] = []
  for (let k = 0; k < count; k++) {
    const { x, y, right, bottom } = squares[Math.floor(((k + 0.5) * squares.length) / count)]
    const rect: Rect = { x: x * scale, y: y * scale, width: (right - x) * scale, height: (bottom - y) * scale }
    samples.push((await reader.region(rect, right - x, bottom - y)).data)
  }
  const plan = Map.groupBy(planRegions(workWidth, workHeight, mpp * scale), ({ core }) => tissueShare(core) > 0)
  const bare = (plan.get(false) ?? []).map(({ core }) => core)
  return { scale, stains: measureStains(samples), regions: plan.get(true) ?? [], bare }
}

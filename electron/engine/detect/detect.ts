import {
  FailureError,
  message,
  unwrap,
  type Rect,
  type SlideInfo,
  type SlideReader,
  type TissueArea,
} from '../../contract/index.ts'
import { openSlide, applyArea, tissueForDetection, type TissuePicture } from '../../slides/index.ts'
import { overlap, planRegions, workingScale, type Region, type WorkRect } from '../../../models/detector/grid.ts'
import { isSearched, joined, shared, wholePixels } from '../../../models/geometry/rects.ts'
import type { Handler } from '../handler.ts'
import { loadDetector } from './detector.ts'
import { searchRegions, type Work } from './searchRegions.ts'

/** Coarsest slide scale. Beyond it a small nucleus would be only three pixels wide. */
const coarsest = 1.5 // µm per pixel

/** Finds the nuclei of a slide or of a region of it. Searches only tissue, and no area that was searched before. */
export const detect: Handler<'detect'> = async (params, context) => {
  const started = performance.now()
  const { slide, mpp, region, first, areas, searched = [] } = params
  checkScale(mpp)
  const detector = await loadDetector(params.detector)
  const scale = workingScale(mpp, detector.settings.mpp)
  const reader = unwrap(await openSlide(slide, { mpp }))
  const { info } = reader
  let plan: Plan
  try {
    if (region) checkRegion(region, info.width, info.height)
    plan = await planSearch(reader, mpp, scale, areas)
  } finally {
    await reader.close()
  }
  await context.breathe()
  const limit = wholePixels(region ?? { x: 0, y: 0, ...info }, info)
  const wanted = region ? plan.regions.filter(({ core }) => overlap(core, inWork(region, scale))) : plan.regions
  const work = wanted.flatMap<Work>((one) => {
    const place = shared(inPixels(one.core, scale, info), limit)
    if (!place) return [{ ...one, searched: [] }]
    return isSearched(searched, place) ? [] : [{ ...one, searched: [place] }]
  })
  const queue = first ? nearestFirst(work, inWork(first, scale)) : work
  queue[0]?.searched.push(...joined(plan.bare.map((core) => inPixels(core, scale, info))))
  const threshold = params.threshold ?? detector.threshold
  const nuclei = await searchRegions(
    detector,
    { slide, mpp, scale, threshold, settings: detector.settings, strength: plan.strength, only: region, areas },
    queue,
    context,
  )
  return { nuclei, seconds: (performance.now() - started) / 1000 }
}

/** The regions to search in a slide. They do not depend on the requested region. */
interface Plan {
  /** Regions that hold tissue, row by row. */
  readonly regions: readonly Region[]
  /** Cores of the regions without tissue. */
  readonly bare: readonly WorkRect[]
  /** Factor by which the network sees the slide's optical densities. */
  readonly strength: number
}

/** Median optical density of tissue to which darker slides are brought: that of the darker half of training pictures. */
const usualDensity = 0.35
const leastStrength = 0.5

/**
 * Returns the factor that brings a dark slide's densities to those that the detector has learned. Without it, a slide
 * that is a fifth darker or paler has a fifth fewer or more nuclei. A pale slide stays as it is.
 */
const strengthFor = (density: number): number =>
  density > usualDensity ? Math.max(usualDensity / density, leastStrength) : 1

/** Finds the tissue and divides it into regions. `areas`: where people marked tissue or no tissue. */
async function planSearch(
  reader: SlideReader,
  mpp: number,
  scale: number,
  areas: readonly TissueArea[] = [],
): Promise<Plan> {
  const [width, height] = [reader.info.width, reader.info.height].map((n) => Math.max(Math.floor(n / scale), 1))
  const searched = await tissueForDetection(reader, mpp)
  let tissue: TissuePicture = searched
  for (const area of areas) tissue = applyArea(tissue, area)
  const [fx, fy] = [tissue.width / width, tissue.height / height]
  const hasTissue = ({ core }: Region): boolean => {
    const right = Math.max(Math.min(Math.ceil(core.right * fx), tissue.width), 1)
    const bottom = Math.max(Math.min(Math.ceil(core.bottom * fy), tissue.height), 1)
    const left = Math.min(Math.floor(core.x * fx), right - 1)
    for (let y = Math.min(Math.floor(core.y * fy), bottom - 1); y < bottom; y++)
      if (tissue.mask.subarray(y * tissue.width + left, y * tissue.width + right).includes(1)) return true
    return false
  }
  const all = Map.groupBy(planRegions(width, height), hasTissue)
  const bare = (all.get(false) ?? []).map(({ core }) => core)
  return { regions: all.get(true) ?? [], bare, strength: strengthFor(searched.density) }
}

function checkScale(mpp: number): void {
  if (!(mpp > 0 && mpp <= coarsest))
    throw new FailureError('invalid-input', message('mppTooCoarse', { most: coarsest, mpp }))
}

function checkRegion({ x, y, width, height }: Rect, slideWidth: number, slideHeight: number): void {
  if (![x, y, width, height].every(Number.isFinite) || width <= 0 || height <= 0)
    throw new FailureError('invalid-input', message('regionNeedsSize', { width, height }))
  if (x >= slideWidth || y >= slideHeight || x + width <= 0 || y + height <= 0)
    throw new FailureError(
      'invalid-input',
      message('regionOffSlide', { region: [x, y, width, height], slide: [slideWidth, slideHeight] }),
    )
}

const inWork = (r: Rect, scale: number): WorkRect => ({
  x: r.x / scale,
  y: r.y / scale,
  right: (r.x + r.width) / scale,
  bottom: (r.y + r.height) / scale,
})

/** Converts a core to slide pixels. Adjacent cores share an edge, and the last ones reach the end of the slide. */
function inPixels({ x, y, right, bottom }: WorkRect, scale: number, { width, height }: SlideInfo): Rect {
  const end = (at: number, size: number) => ((at + 1) * scale > size ? size : Math.round(at * scale))
  const [left, top] = [Math.round(x * scale), Math.round(y * scale)]
  return { x: left, y: top, width: end(right, width) - left, height: end(bottom, height) - top }
}

/** Sorts regions by their distance from a rectangle. Regions that touch it come first. */
export function nearestFirst<R extends Region>(regions: readonly R[], to: WorkRect): R[] {
  const distance = ({ core }: R) =>
    Math.hypot(Math.max(to.x - core.right, core.x - to.right, 0), Math.max(to.y - core.bottom, core.y - to.bottom, 0))
  return [...regions].sort((a, b) => distance(a) - distance(b))
}

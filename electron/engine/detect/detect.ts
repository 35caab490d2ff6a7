import { availableParallelism } from 'node:os'
import { FailureError, unwrap, type Rect, type SlideInfo, message } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { sibling, startThread } from '../../threads/index.ts'
import { overlap, type Region, type WorkRect } from '../../../models/detector/grid.ts'
import { detectStars } from './stars.ts'
import { surveySlide } from './survey.ts'
import type { DetectionThread, DetectJob } from './worker.ts'
import type { CallContext, Handler } from '../handler.ts'
import { isSearched, joined, shared, wholePixels } from '../../../models/geometry/rects.ts'

/** Coarsest slide scale. Beyond it a small nucleus would be only three pixels wide. */
const coarsest = 1.5 // µm per pixel
/** Each thread holds the images of one region, so more threads need more memory. */
const mostThreads = 8

/**
 * Finds the nuclei of a slide or of a region of it, in parallel over regions. Searches only tissue, and no area that
 * was searched before.
 */
export const detect: Handler<'detect'> = async (params, context) => {
  if (params.detector) return detectStars(params, context)
  const started = performance.now()
  const { slide, mpp, region, first, areas, searched = [] } = params
  checkScale(mpp)
  const reader = unwrap(await openSlide(slide, { mpp }))
  const { info } = reader
  let survey: Awaited<ReturnType<typeof surveySlide>>
  try {
    if (region) checkRegion(region, info.width, info.height)
    survey = await surveySlide(reader, mpp, areas)
  } finally {
    await reader.close()
  }
  await context.breathe()
  const { scale, stains, regions, bare } = survey
  const limit = wholePixels(region ?? { x: 0, y: 0, ...info }, info)
  const wanted = region ? regions.filter(({ core }) => overlap(core, inWork(region, scale))) : regions
  const work = wanted.flatMap<Work>((one) => {
    const place = shared(inPixels(one.core, scale, info), limit)
    if (!place) return [{ ...one, searched: [] }]
    return isSearched(searched, place) ? [] : [{ ...one, searched: [place] }]
  })
  const queue = first ? nearestFirst(work, inWork(first, scale)) : work
  queue[0]?.searched.push(...joined(bare.map((core) => inPixels(core, scale, info))))
  const nuclei = await runRegions({ slide, mpp, scale, stains, only: region, areas }, queue, context)
  return { nuclei, seconds: (performance.now() - started) / 1000 }
}

/** A region to search. `searched` are the areas that count as searched with it, level-0 pixels. */
interface Work extends Region {
  readonly searched: Rect[]
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

/** Gives each thread one region at a time and reports nuclei as they are found. Returns the number of nuclei. */
async function runRegions(
  job: DetectJob,
  queue: readonly Work[],
  { signal, progress }: CallContext<'detect'>,
): Promise<number> {
  const next = queue.values()
  let done = 0
  let nuclei = 0
  const count = Math.min(availableParallelism(), mostThreads, queue.length)
  const threads = Array.from({ length: count }, () =>
    startThread<DetectionThread>(sibling(import.meta.url, './worker'), job, { signal }),
  )
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (const { core, read, searched } of next) {
          const found = await thread.call('nucleiOf', { core, read })
          nuclei += found.count
          progress({ done: ++done, of: queue.length, nuclei: found, searched })
        }
      }),
    )
  } finally {
    await Promise.all(threads.map((thread) => thread.end()))
  }
  return nuclei
}

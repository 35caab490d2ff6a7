import type { SlideFitness } from '../../contract/index.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { misfitsOf, slideQuality, type NucleusSizes, type SlideQuality } from '../../slides/index.ts'
import type { ProjectContext } from '../state/context.ts'

/** What was measured of each slide of an open project: a slide does not change, and measuring takes a second. */
const measured = new WeakMap<ProjectContext, Map<number, Promise<SlideQuality>>>()

function qualityOf(context: ProjectContext, slideId: number): Promise<SlideQuality> {
  const kept = measured.get(context) ?? new Map<number, Promise<SlideQuality>>()
  measured.set(context, kept)
  const known = kept.get(slideId)
  if (known) return known
  const quality = context.slides.reader(slideId).then(slideQuality)
  kept.set(slideId, quality)
  quality.catch(() => kept.delete(slideId))
  return quality
}

/**
 * Returns what speaks against finding or classifying nuclei on a slide with the model in use, without what the reader
 * has already gone on with. Throws FailureError 'not-found'.
 */
export async function fitnessOf(context: ProjectContext, slideId: number): Promise<SlideFitness> {
  const { info } = context.project.slides.get(slideId)
  const quality = await qualityOf(context, slideId)
  const model = context.models.active()
  const known = model && (await readModelFolder(model.folder)).json.stains
  const accepted = new Set(acceptedOf(context)[slideId] ?? [])
  const misfits = misfitsOf(quality, info, known, sizesOf(context, slideId))
  return { misfits: misfits.filter(({ finding }) => !accepted.has(finding.key)) }
}

/** Remembers with the slide that the reader goes on in spite of these findings. */
export function goOnAnyway(context: ProjectContext, slideId: number, findings: readonly string[]): void {
  context.project.slides.get(slideId)
  const all = acceptedOf(context)
  const own = [...new Set([...(all[slideId] ?? []), ...findings])]
  context.project.settings.set('unfit', JSON.stringify({ ...all, [slideId]: own }))
}

const acceptedOf = ({ project }: ProjectContext): Record<string, string[]> =>
  JSON.parse(project.settings.get('unfit') ?? '{}') as Record<string, string[]>

/** Number of nuclei whose sizes are looked at: evenly spread over all of them. */
const mostSizes = 10_000

function sizesOf({ project }: ProjectContext, slideId: number): NucleusSizes | undefined {
  const { count, box } = project.nuclei.heads(slideId)
  const mpp = project.slides.get(slideId).info.mpp
  if (count === 0 || !mpp) return undefined
  const step = Math.max(1, Math.floor(count / mostSizes))
  const sizes = Float64Array.from({ length: Math.floor(count / step) }, (_, k) => {
    const at = 4 * k * step
    return Math.sqrt((box[at + 2] - box[at]) * mpp.x * (box[at + 3] - box[at + 1]) * mpp.y)
  }).sort()
  return { count, diameter: sizes[sizes.length >> 1] }
}

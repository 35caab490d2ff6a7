import { FailureError, message, type Nuclei, type NearestLabels, type Surroundings } from '../../contract/index.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'
import { labelledSlides } from '../training/labelledSlides.ts'
import type { ProjectContext } from '../state/context.ts'
import { tokenFile } from '../state/paths.ts'

/** Side of a model's input crop, in pixels at the model's µm/px. No preset has a larger one. */
const cropPixels = 448
/** Number of labelled nuclei shown beside a nucleus: a row that the eye takes in at once. */
const mostNearest = 8

/** What the engine needs to look at one nucleus as the model in use sees it. */
export function asSeen({ project, slides, models }: ProjectContext, slideId: number, nucleusId: number) {
  const source = slides.forEngine(slideId)
  const model = models.inUse()
  const [x0, y0, x1, y1] = boxOf(project.nuclei.heads(slideId), project.nuclei.positionOf(slideId, nucleusId))
  // The crop in which the model sees a nucleus extends at most one crop side from the centre of the nucleus.
  const reach = (cropPixels * model.mpp) / source.mpp
  const near = { x: (x0 + x1) / 2 - reach, y: (y0 + y1) / 2 - reach, width: 2 * reach, height: 2 * reach }
  const nuclei: Nuclei = project.nuclei.touching(slideId, near)
  return { model: model.folder, ...source, nuclei, nucleus: nuclei.id.indexOf(nucleusId) }
}

/**
 * Returns the class probabilities of a nucleus with its surroundings and without them, by the model in use. Takes two
 * passes over one crop. Throws FailureError 'not-found', and those of the engine's call.
 */
export async function surroundingsOf(
  context: ProjectContext,
  slideId: number,
  nucleusId: number,
): Promise<Surroundings> {
  const { classes, together, alone } = await context.engine.call('surroundings', asSeen(context, slideId, nucleusId))
  const byClass = new Map<string, { name: string; classId: number; together: number; alone: number }>()
  // Several of the model's classes may stand for one class of the project.
  classes.forEach((name, c) => {
    const own = context.project.classes.matching(name)
    const one = byClass.get(own?.name ?? name) ?? {
      name: own?.name ?? name,
      classId: own?.id ?? 0,
      together: 0,
      alone: 0,
    }
    byClass.set(one.name, { ...one, together: one.together + together[c], alone: one.alone + alone[c] })
  })
  return { modelTitle: context.models.inUse().title, classes: [...byClass.values()] }
}

/**
 * Returns the labelled nuclei of all slides that are most like a nucleus by the tokens of the model in use. Throws
 * FailureError 'not-found', or 'empty' if there is no label, or no tokens are kept of this slide or of the labelled ones.
 */
export async function nearestLabels(
  context: ProjectContext,
  slideId: number,
  nucleusId: number,
): Promise<NearestLabels> {
  const { project, engine, slides, models } = context
  const nucleus = project.nuclei.positionOf(slideId, nucleusId)
  const labelled = labelledSlides(context)
  if (labelled.every(({ index }) => index.length === 0)) throw new FailureError('empty', message('whyNeedsLabels'))
  const ids = project.slides
    .all()
    .filter((slide) => slide.labelled > 0)
    .map(({ id }) => id)
  const tokens = tokenFile(project.path, slideId)
  const slide = { ...slides.forEngine(slideId), nuclei: project.nuclei.of(slideId), tokens }
  const params = { model: models.inUse().folder, slide, nucleus, labelled, most: mostNearest }
  const found = await engine.call('nearestLabelled', params)
  if (found.of === 0) throw new FailureError('empty', message(found.without > 0 ? 'noTokens' : 'whyNeedsLabels'))
  return {
    of: found.of,
    without: found.without,
    nearest: Array.from(found.index, (i, k) => {
      const { nuclei } = labelled[found.slide[k]]
      const id = nuclei.id[i]
      return {
        slideId: ids[found.slide[k]],
        nucleusId: id,
        box: boxOf(nuclei, i),
        classId: project.labels.labelsOf([id])[0],
        likeness: found.likeness[k],
      }
    }),
  }
}

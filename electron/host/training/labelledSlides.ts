import type { LabelledSlide, NucleusHead } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import type { KnownModel } from '../state/models.ts'
import { tokenFile } from '../state/paths.ts'

/** The nuclei of a slide that a person labelled with a class. */
export interface SlideLabels {
  readonly slideId: number
  /** All nuclei of the slide. */
  readonly heads: NucleusHead
  /** Positions of the labelled ones, and their classes as positions among the project's. */
  readonly index: Uint32Array
  readonly label: Uint16Array
}

/** Returns the labels of each slide that has any. Answers that are not classes are left out. */
export function labelsBySlide({ project }: ProjectContext): SlideLabels[] {
  const position = new Map(project.classes.all().map((c, i) => [c.id, i]))
  return project.slides
    .all()
    .filter((slide) => slide.labelled > 0)
    .map(({ id: slideId }) => {
      const heads = project.nuclei.heads(slideId)
      const labels = project.labels.labelsOf(heads.id)
      const index = Uint32Array.from(labels.keys()).filter((i) => position.has(labels[i]))
      return { slideId, heads, index, label: Uint16Array.from(index, (i) => position.get(labels[i]) ?? 0) }
    })
}

/** Returns labels with everything else that the engine needs of their slide. */
export function forEngine({ project, slides }: ProjectContext, { slideId, index, label }: SlideLabels): LabelledSlide {
  const nuclei = project.nuclei.of(slideId)
  return { ...slides.forEngine(slideId), nuclei, index, label, tokens: tokenFile(project.path, slideId) }
}

/** Returns the labels of all slides that have any, for the engine. */
export const labelledSlides = (context: ProjectContext): LabelledSlide[] =>
  labelsBySlide(context).map((labels) => forEngine(context, labels))

/**
 * Returns the model in use, or its oldest ancestor that can still be used. What is said of labels by a model that has
 * learned from them says nothing; the first model of a lineage has learned from none of them.
 */
export function unlearnedModel({ models }: ProjectContext): KnownModel {
  const model = models.inUse()
  const known = models.all()
  const ancestors = model.lineage.flatMap((id) => known.find((one) => one.id === id && one.classes.length > 0) ?? [])
  return ancestors[0] ?? model
}

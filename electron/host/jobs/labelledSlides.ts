import type { LabelledSlide } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import type { KnownModel } from '../state/models.ts'
import { tokenFile } from '../state/paths.ts'

/** Returns the nuclei of each slide that a person labelled with a class, for the engine. Other answers are left out. */
export function labelledSlides({ project, slides }: ProjectContext): LabelledSlide[] {
  const position = new Map(project.classes.all().map((c, i) => [c.id, i]))
  return project.slides
    .all()
    .filter((slide) => slide.labelled > 0)
    .map(({ id }) => {
      const nuclei = project.nuclei.of(id)
      const labels = project.labels.labelsOf(nuclei.id)
      const index = Uint32Array.from(labels.keys()).filter((i) => position.has(labels[i]))
      const label = Uint16Array.from(index, (i) => position.get(labels[i]) ?? 0)
      return { ...slides.forEngine(id), nuclei, index, label, tokens: tokenFile(project.path, id) }
    })
}

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

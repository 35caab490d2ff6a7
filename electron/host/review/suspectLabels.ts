import { message, reviewReasons, type ReviewItem } from '../../contract/index.ts'
import { asJob } from '../state/asJob.ts'
import { callEngine } from '../jobs/callEngine.ts'
import { labelledSlides, unlearnedModel } from '../training/labelledSlides.ts'
import type { ProjectContext } from '../state/context.ts'

/** A fixed seed: the same labels give the same list. */
const seed = 1
/** Labels against which less than this speaks (0 … 1) are not listed: there are many, and nearly all are right. */
const leastSuspicion = 0.3

/**
 * Returns a slide's labels that look mistaken, the most suspect first, with what speaks against each. Labels of all
 * slides are compared. Leaves out labels against which little speaks, and those that a person has checked since they were
 * given. Throws the failures of the engine's call.
 */
export async function suspectLabels(
  context: ProjectContext,
  slideId: number,
): Promise<Map<number, NonNullable<ReviewItem['suspect']>>> {
  const { project, engine, tissue } = context
  project.slides.get(slideId)
  const classes = project.classes.all()
  const slides = labelledSlides(context)
  const ids = project.slides
    .all()
    .filter(({ labelled }) => labelled > 0)
    .map(({ id }) => id)
  const model = unlearnedModel(context)
  const params = { model: model.folder, classes: project.classes.namesFor(model.classes), slides, seed }
  const found = await asJob(
    context,
    { kind: 'suspects', slideId, title: message('comparingLabels') },
    (job) => callEngine(engine, 'suspects', params, job.signal, (progress) => job.update(progress)),
    ({ index, of, seconds }) => message('labelsCompared', { labels: index.length, of, seconds }),
  )
  const checked = checkedLabels(context)
  const { column } = tissue.outside(slideId)
  const own = new Map<number, NonNullable<ReviewItem['suspect']>>()
  found.index.forEach((i, k) => {
    if (ids[found.slide[k]] !== slideId || found.score[k] < leastSuspicion || column[i]) return
    const slide = slides[found.slide[k]]
    const id = slide.nuclei.id[i]
    const label = project.labels.labelsOf([id])[0]
    if (checked.get(id) === label) return
    const { id: classId } = classes[found.expected[k]]
    own.set(id, { classId, p: 1 - found.model[k], neighbours: found.neighbours[k] })
  })
  return own
}

/** Returns the labels that people kept or gave when they looked at a suspect one, by nucleus id. */
function checkedLabels({ project }: ProjectContext): Map<number, number> {
  const labels = new Map<number, number>()
  for (const { changes } of project.log.notUndoneLabelSteps(0, reviewReasons.checked))
    changes.labels?.ids.forEach((id, k) => labels.set(id, changes.labels?.after[k] ?? 0))
  return labels
}

import { concatenated, FailureError, type Rect, message } from '../../contract/index.ts'
import { toUint16Probabilities, type StoredRun } from '../../store/index.ts'
import { slideChanged, type ProjectContext } from '../state/context.ts'
import { callEngine } from './callEngine.ts'
import { every } from './throttle.ts'
import type { JobWork } from '../state/jobQueue.ts'
import type { KnownModel } from '../state/models.ts'
import { tokenFile } from '../state/paths.ts'
import { propose } from '../state/proposals.ts'

/** Interval at which predictions reach the project and the page, ms. */
const showEvery = 500

export const noNuclei = () => new FailureError('empty', message('noNuclei'))

/**
 * Returns this model's newest run on a slide, with the number of nuclei that count with (`spoken`) and without (`left`)
 * a prediction.
 */
export function runOf(
  { project, tissue }: ProjectContext,
  slideId: number,
  modelId: string,
): { run: StoredRun; known: Uint8Array; spoken: number; left: number } | undefined {
  const run = project.runs
    .all()
    .filter((r) => r.slideId === slideId && r.modelId === modelId)
    .at(-1)
  if (!run) return undefined
  const { known } = project.runs.predictions(run.id, project.nuclei.heads(slideId))
  const { column, count } = tissue.outside(slideId)
  const spoken = known.reduce((sum, k, i) => sum + (column[i] ? 0 : k), 0)
  return { run, known, spoken, left: known.length - count - spoken }
}

/**
 * A complete run is continued if it has predictions for at least this fraction of the nuclei that count: then only some
 * outlines changed. With fewer, the nuclei are so different that a new run is made.
 */
const worthGoingOn = 0.5

/**
 * Classifies a slide's nuclei in a new run, or continues the same model's unfinished run where it stopped. The run is
 * shown from its first predictions on, or as `isProposal` not before a person has decided. Older runs stay as they are.
 */
export function classifyWork(
  context: ProjectContext,
  slideId: number,
  model: KnownModel,
  { first, isProposal = false }: { readonly first?: Rect; readonly isProposal?: boolean } = {},
): JobWork {
  return async (job) => {
    const { project, views } = context
    const nuclei = project.nuclei.of(slideId)
    if (nuclei.count === 0) throw noNuclei()
    const outside = context.tissue.outside(slideId)
    const counting = nuclei.count - outside.count
    if (counting === 0) throw new FailureError('empty', message('allOutside'))
    const { since } = project.nuclei.heads(slideId)
    const before = runOf(context, slideId, model.id)
    const goesOn =
      before !== undefined && before.left > 0 && (!before.run.complete || before.spoken >= worthGoingOn * counting)
    const runId = goesOn ? before.run.id : startRun(context, slideId, model)
    const { classes } = project.runs.get(runId)
    const known = goesOn ? before.known : new Uint8Array(nuclei.count)
    const only =
      outside.count > 0 || known.includes(1)
        ? Uint32Array.from(nuclei.id.keys()).filter((i) => !known[i] && !outside.column[i])
        : undefined

    let positions: Uint32Array[] = []
    let probabilities: Float32Array[] = []
    const show = every(showEvery, () => {
      if (positions.length === 0) return
      const index = concatenated(Uint32Array, positions)
      const rows = concatenated(Float32Array, probabilities)
      positions = []
      probabilities = []
      const classified = { id: index.map((i) => nuclei.id[i]), since: index.map((i) => since[i]) }
      project.transact(() => {
        project.runs.append(runId, classified, rows)
        if (!isProposal && project.acceptance.shownRuns(slideId).runId !== runId) project.slides.show(slideId, runId)
      })
      if (isProposal) return
      views.learned(slideId, runId, classified, toUint16Probabilities(rows))
      context.announcer.changed()
    })
    const params = {
      ...context.slides.forEngine(slideId),
      nuclei,
      model: model.folder,
      tokens: tokenFile(project.path, slideId),
      ...(only && { only }),
      ...(first && { first }),
    }
    const result = await callEngine(context.engine, 'classify', params, job.signal, (progress) => {
      if (progress.probabilities.length !== progress.index.length * classes.length)
        throw new Error(
          `The engine sent ${progress.probabilities.length} probabilities for ${progress.index.length} nuclei.`,
        )
      positions.push(progress.index)
      probabilities.push(progress.probabilities)
      show.due()
      job.update({ done: progress.done, of: progress.of })
    }).finally(() => show.flush())
    project.runs.complete(runId)
    if (isProposal) propose(project, runId)
    slideChanged(context, slideId)
    const { seconds, provider, fromCache } = result
    const told = message('classified', { nuclei: counting, model: model.title, seconds, provider, fromCache })
    return context.slides.saidWithScale(slideId, told)
  }
}

/** Creates an empty run. Adds those of the model's classes that the project does not have yet. */
function startRun({ project }: ProjectContext, slideId: number, model: KnownModel): number {
  return project.transact(() => {
    const classes = project.classes.forModel(model.classes)
    return project.runs.create({
      slideId,
      modelId: model.id,
      modelTitle: model.title,
      classes: classes.map(({ id }, i) => ({ name: model.classes[i], classId: id })),
      nucleiVersion: project.nuclei.version(slideId),
      uncertainBelow: model.uncertainBelow,
    })
  })
}

import { FailureError, type Rect } from '../contract/index.ts'
import { quantised, type StoredRun } from '../store/index.ts'
import { slideChanged, type Bench } from './bench.ts'
import { callEngine } from './callEngine.ts'
import { every } from './every.ts'
import type { JobWork } from './jobQueue.ts'
import { joinF32, joinU32 } from './joinColumns.ts'
import type { KnownModel } from './models.ts'
import { tokenFile } from './places.ts'

/** How often predictions reach the project and the page. */
const showEvery = 500

export const noNuclei = () => new FailureError('empty', 'This slide has no nuclei yet. Find or import nuclei first.')

/** The newest run of this model that fits the slide's present nuclei. */
export function runOf(bench: Bench, slideId: number, modelId: string): StoredRun | undefined {
  const version = bench.project.nuclei.version(slideId)
  return bench.project.runs
    .all()
    .filter((run) => run.slideId === slideId && run.modelId === modelId && run.nucleiVersion === version)
    .at(-1)
}

/**
 * Classifies a slide's nuclei in a run of its own: a new one, or the unfinished one of the same model, which goes on
 * where it stopped. The run is shown from its first predictions on; older runs stay as they are.
 */
export function classifyWork(bench: Bench, slideId: number, model: KnownModel, first?: Rect): JobWork {
  return async (job) => {
    const { project, views } = bench
    const nuclei = project.nuclei.of(slideId)
    if (nuclei.count === 0) throw noNuclei()
    const unfinished = runOf(bench, slideId, model.id)
    const runId = unfinished && !unfinished.complete ? unfinished.id : startRun(bench, slideId, model)
    const { known, classIds } = project.runs.predictions(runId, nuclei.id)
    const only = known.includes(1) ? Uint32Array.from(known.keys()).filter((i) => !known[i]) : undefined

    let positions: Uint32Array[] = []
    let probabilities: Float32Array[] = []
    const show = every(showEvery, () => {
      if (positions.length === 0) return
      const index = joinU32(positions)
      const rows = joinF32(probabilities)
      positions = []
      probabilities = []
      project.transact(() => {
        project.runs.append(
          runId,
          index.map((i) => nuclei.id[i]),
          rows,
        )
        if (project.slides.get(slideId).activeRunId !== runId) project.slides.show(slideId, runId)
      })
      views.learned(slideId, runId, index, quantised(rows))
      slideChanged(bench, slideId)
    })
    const params = {
      ...bench.slides.forEngine(slideId),
      nuclei,
      model: model.folder,
      tokens: tokenFile(project.path, slideId),
      ...(only && { only }),
      ...(first && { first }),
    }
    const result = await callEngine(bench.engine, 'classify', params, job.signal, (progress) => {
      if (progress.probabilities.length !== progress.index.length * classIds.length)
        throw new Error(
          `The engine sent ${progress.probabilities.length} probabilities for ${progress.index.length} nuclei.`,
        )
      positions.push(progress.index)
      probabilities.push(progress.probabilities)
      show.due()
      job.update({ done: progress.done, of: progress.of })
    }).finally(() => show.flush())
    project.runs.complete(runId)
    slideChanged(bench, slideId)
    const speed = `${result.seconds.toFixed(1)} s on ${result.provider}${result.fromCache ? ', from kept tokens' : ''}`
    return `${nuclei.count.toLocaleString('en')} nuclei classified by ${model.title} in ${speed}.`
  }
}

/** A new, empty run; the project's scheme gains the model's classes where it lacks them. */
function startRun({ project }: Bench, slideId: number, model: KnownModel): number {
  return project.transact(() => {
    const classes = project.classes.ensure(model.classes.map((name) => ({ name })))
    return project.runs.create({
      slideId,
      modelId: model.id,
      modelTitle: model.title,
      classes: classes.map(({ name, id }) => ({ name, classId: id })),
      nucleiVersion: project.nuclei.version(slideId),
    })
  })
}

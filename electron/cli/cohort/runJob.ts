import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { FailureError, message, type CohortJob, type CohortResult } from '../../contract/index.ts'
import { Workbench } from '../../host/index.ts'
import type { Engine } from '../../launch/engineClient.ts'
import { installation } from '../../launch/installation.ts'
import { evaluateData } from '../verbs/evaluate.ts'
import { slideInside } from './inside.ts'
import { cohortId, readResult, writeOnce } from './results.ts'
import { weightsOf } from './weights.ts'

/** What of a machine a job needs. */
export interface Workplace {
  /** Folder of slides, from which the slides' paths start. */
  readonly slides: string
  readonly results: string
  /** Folders with models and detectors beside the built-in ones, by name. */
  readonly models: readonly string[]
  /** Started by the first job that needs it. Closing it is up to its owner. */
  readonly engine: Engine
}

export interface JobWatch {
  /** Aborting stops the job at the engine's next step; it fails with 'cancelled', and what was found stays stored. */
  readonly signal: AbortSignal
  /** Says how far the job is: `doing` in English, then steps done and their number. */
  update(doing: string, done: number, of: number): void
}

/** The worker as it signs results. */
export const workerName = (): string => `${hostname()}:${process.pid}`

/** The results folder is another one than the job's: the worker stops, as it would write where nobody looks. */
export class OtherCohort extends FailureError {}

/**
 * Does a job and writes its result, unless that is there already. A slide's nuclei are kept in a project beside the result,
 * and an interrupted job goes on from them. Throws FailureError where the slide or a setting is at fault, the engine stopped or
 * the job was cancelled; OtherWeights, OtherCohort where this worker must not do it; FolderAway where a folder is away.
 * @returns the result, and whether it was there before
 */
export async function runJob(
  job: CohortJob,
  place: Workplace,
  watch: JobWatch,
): Promise<{ result: CohortResult; isOld: boolean }> {
  const own = await cohortId(place.results)
  if (own !== job.cohort) throw new OtherCohort('invalid-input', message('cohortOther', { results: place.results }))
  const before = await readResult(place.results, job)
  if (before) return { result: before, isOld: true }
  const { path, bytes } = await slideInside(place.slides, job.slide)
  if (bytes !== job.bytes)
    throw new FailureError(
      'invalid-input',
      message('cohortOtherSlide', { slide: job.slide, found: bytes, wanted: job.bytes }),
    )
  const weights = await weightsOf(job, place.models)
  const started = performance.now()
  const work = job.kind === 'evaluate' ? evaluateJob : slideJob
  const done = await work(job, path, weights, place, watch)
  const result: CohortResult = {
    format: 'karyon-result',
    version: 1,
    job,
    worker: workerName(),
    finished: new Date().toISOString(),
    seconds: Number(((performance.now() - started) / 1000).toFixed(2)),
    ...done,
  }
  const isNew = await writeOnce(join(place.results, job.result), JSON.stringify(result, null, 1) + '\n')
  // Only a cache, which the app makes again: several times as large as the nuclei themselves.
  await rm(projectOf(place, job).replace(/\.karyon$/, '-tokens'), { recursive: true, force: true })
  return { result: isNew ? result : ((await readResult(place.results, job)) ?? result), isOld: !isNew }
}

/** The file in which a slide's nuclei are kept. */
const projectOf = ({ results }: Workplace, { result }: CohortJob): string =>
  join(results, result.replace(/\.json$/, '.karyon'))

type Work = (
  job: CohortJob,
  path: string,
  weights: { readonly model: string | undefined; readonly detector: string },
  place: Workplace,
  watch: JobWatch,
) => Promise<Pick<CohortResult, 'columns' | 'row' | 'evaluation'>>

/** Finds and classifies the nuclei of a slide. A slide without nuclei is a result: none were found. */
const slideJob: Work = async (job, path, { model, detector }, place, { signal, update }) => {
  const cancelled = () => new FailureError('cancelled', message('cancelled'))
  if (signal.aborted) throw cancelled()
  // The engine outlives the workbench: it keeps its networks for the next slide.
  const engine: Engine = {
    get pid() {
      return place.engine.pid
    },
    call: (method, params, options) => place.engine.call(method, params, options),
    close: () => Promise.resolve(),
  }
  const workbench = await Workbench.open({ project: projectOf(place, job), engine, ...installation() })
  const stop = () => {
    for (const { id, state } of workbench.state().jobs)
      if (state === 'waiting' || state === 'running') workbench.cancel(id)
  }
  const timer = setInterval(() => {
    const running = workbench.state().jobs.find(({ state }) => state === 'running')
    if (running) update(running.kind === 'detect' ? 'finding nuclei' : 'classifying', running.done, running.of)
  }, 1000)
  signal.addEventListener('abort', stop)
  try {
    workbench.live.switch(false)
    if (model !== undefined) {
      const modelId = await workbench.addModel(model)
      if (workbench.state().activeModelId !== modelId) workbench.activate(modelId)
    }
    const wish = { mpp: job.settings.mpp ?? undefined, detector, isToClassify: job.kind === 'classify' }
    const { slideIds, jobIds, refused, ended } = await workbench.batchOf([path], wish)
    if (refused.length > 0) throw new FailureError(refused[0].kind, refused[0].why)
    if (signal.aborted) stop()
    const jobs = await Promise.all(jobIds.map((id) => workbench.finished(id)))
    await ended
    if (signal.aborted) throw cancelled()
    const isBare = jobs[0]?.state === 'done' && workbench.nuclei(slideIds[0]).count === 0
    const failed = jobs.find(({ state, failureKind }) => state !== 'done' && !(isBare && failureKind === 'empty'))
    // A bug has no kind, and its sentence says so.
    if (failed) throw new FailureError(failed.failureKind ?? 'engine', failed.message ?? message('bug'))
    const { columns, rows } = await workbench.resultRows()

    // Where nothing is classified, a column of zeros for each class would read like a result.
    const own = job.kind === 'find' ? columns.filter((column) => !column.includes('(')) : columns
    return {
      columns: [...own],
      row: { ...Object.fromEntries(own.map((column) => [column, rows[0][column] ?? null])), path: job.slide },
    }
  } finally {
    signal.removeEventListener('abort', stop)
    clearInterval(timer)
    await workbench.close()
  }
}

/** Scores a model on a data set. */
const evaluateJob: Work = async (job, path, { model, detector }, place, { signal }) => {
  // The scores have no step at which they could stop, so the engine goes.
  const stop = () => void place.engine.close()
  signal.addEventListener('abort', stop)
  try {
    const { mpp, metric } = job.settings
    const evaluation = await evaluateData(
      {
        ...{ data: path, model: [model!], predictions: [], nuclei: 'built-in', metric: metric ?? 'A' },
        ...{ detector, mpp: mpp ?? undefined, seed: 1, baseline: false },
      },
      place.engine,
    )
    const row = {
      ...{
        slide: job.slide.split('/').at(-1) ?? '',
        path: job.slide,
        metric: evaluation.metric,
        images: evaluation.images,
      },
      ...('accuracy' in evaluation
        ? { accuracy: evaluation.accuracy }
        : { detection_f1: evaluation.detection.f1, accuracy_of_matched: evaluation.accuracyOfMatched }),
      macro_f1: evaluation.macroF1,
      ...{ model: job.model!.name, model_sha256: job.model!.sha256 },
    }
    return { columns: Object.keys(row), row, evaluation: JSON.parse(JSON.stringify(evaluation)) as never }
  } catch (error) {
    if (signal.aborted) throw new FailureError('cancelled', message('cancelled'))
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

import { basename, resolve } from 'node:path'
import { z } from 'zod'
import {
  attempt,
  FailureError,
  message,
  messageSchema,
  type FailureKind,
  type Job,
  type Message,
} from '../../contract/index.ts'
import { slidesIn } from '../../slides/index.ts'
import type { Project } from '../../store/index.ts'
import { fitnessOf } from '../review/fitness.ts'
import type { Wanted } from './detectJob.ts'
import type { ProjectContext } from '../state/context.ts'

/** What became of a slide of a batch. */
const entrySchema = z.object({
  /** Why the slide could not be opened, searched or classified; null: nothing failed, or it is not its turn yet. */
  failure: messageSchema.nullable(),
  /** Seconds that finding and classifying took; null: not done by a batch. */
  findSeconds: z.number().nullable(),
  classifySeconds: z.number().nullable(),
  /** What speaks against believing the results: focus, scale, stain. A batch asks nobody and goes on. */
  doubts: z.array(messageSchema).default([]),
})
export type BatchEntry = z.infer<typeof entrySchema>
const entriesSchema = z.record(z.string(), entrySchema)

/** What of the workbench a batch uses. */
interface Workings {
  openSlide(path: string, mpp?: number): Promise<number>
  detect(slideId: number, wanted: Wanted): number
  classify(slideId: number): number
}

/** What a batch does with its slides. */
export interface BatchWish {
  /** µm per pixel of slides whose files do not say it; never used instead of what a file says. */
  readonly mpp?: number
  /** Folder of the detector, or the id of a built-in one. */
  readonly detector?: string
  /** False: nuclei are found and not classified. Default: true. */
  readonly isToClassify?: boolean
}

export interface BatchBegun {
  /** Slides that are in the project now. */
  slideIds: number[]
  /** Jobs that were queued for them: none for what was done before. */
  jobIds: number[]
  /** Files that are no slides or could not be opened, and why. */
  refused: { name: string; kind: FailureKind; why: Message }[]
  /** Resolves when all of these jobs have ended and what became of them is kept. */
  ended: Promise<unknown>
}

/** Returns what became of the slides of batches, by their path. */
export const batchEntries = (project: Project): Map<string, BatchEntry> =>
  new Map(Object.entries(entriesSchema.parse(JSON.parse(project.settings.get('batch') ?? '{}'))))

function note(project: Project, path: string, change: Partial<BatchEntry>): void {
  const entries = batchEntries(project)
  const before = entries.get(path) ?? { failure: null, findSeconds: null, classifySeconds: null, doubts: [] }
  entries.set(path, { ...before, ...change })
  project.settings.set('batch', JSON.stringify(Object.fromEntries(entries)))
}

/**
 * Opens every slide of a folder and queues what is still to be done on it: finding nuclei, then classifying them with the
 * model in use. A slide that cannot be opened does not stop the others; what failed is kept for the table of results.
 * What an earlier batch has done is not done again. Throws FailureError if the folder cannot be read or holds no slide.
 *
 * @returns also `folders`: how many folders in the folder were not looked into
 */
export async function beginBatch(
  context: ProjectContext,
  workings: Workings,
  folder: string,
  wish: BatchWish = {},
): Promise<BatchBegun & { folders: number }> {
  const { paths, folders } = await slidesIn(resolve(folder))
  if (paths.length === 0) throw new FailureError('empty', message('batchEmpty', { folder, folders }))
  return { ...(await beginSlides(context, workings, paths, wish)), folders }
}

/** Does the same with slides that are named by their paths. */
export async function beginSlides(
  context: ProjectContext,
  workings: Workings,
  paths: readonly string[],
  { mpp, detector, isToClassify = true }: BatchWish = {},
): Promise<BatchBegun> {
  const { project, jobs } = context
  const followed: Promise<void>[] = []
  const begun = { slideIds: [] as number[], jobIds: [] as number[], refused: [] as BatchBegun['refused'] }
  for (const path of paths) {
    if (context.closing.signal.aborted) break
    try {
      const slideId = await openWith(workings, path, mpp)
      begun.slideIds.push(slideId)
      const { absolutePath, nuclei, searched, activeRunId } = project.slides.get(slideId)
      const isToSearch = nuclei === 0 || searched !== null
      const finding = isToSearch ? workings.detect(slideId, { rest: nuclei > 0, detector }) : undefined
      const isUnfinished = activeRunId === null || !project.runs.get(activeRunId).complete
      const classifying = isToClassify && (isToSearch || isUnfinished) ? workings.classify(slideId) : undefined
      const ids = [finding, classifying].filter((id) => id !== undefined)
      begun.jobIds.push(...ids)
      note(project, absolutePath, { failure: null })
      const ofJob = (id: number | undefined) => (id === undefined ? undefined : jobs.finished(id))
      const ends = { finding: ofJob(finding), classifying: ofJob(classifying) }
      followed.push(
        follow(context, slideId, absolutePath, ends).catch((error: unknown) => {
          // The results themselves are in the project; only the table's seconds and reasons could not be kept.
          if (!(error instanceof FailureError)) throw error
          context.announcer.notice('warning', error.failure.message)
        }),
      )
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      const why = error.failure.message
      begun.refused.push({ name: basename(path), kind: error.failure.kind, why })
      note(project, path, { failure: why })
    }
  }
  context.announcer.changed()
  return { ...begun, ended: Promise.all(followed) }
}

/** Opens a slide with the scale of its file, or with `mpp` where the file says none. */
async function openWith(workings: Workings, path: string, mpp: number | undefined): Promise<number> {
  try {
    return await workings.openSlide(path)
  } catch (error) {
    const isUnscaled = error instanceof FailureError && error.failure.kind === 'no-scale'
    if (!isUnscaled || mpp === undefined) throw error
    return workings.openSlide(path, mpp)
  }
}

/** Keeps how long a slide's jobs took and what failed, once they have ended. */
async function follow(
  context: ProjectContext,
  slideId: number,
  path: string,
  jobs: { readonly finding?: Promise<Job>; readonly classifying?: Promise<Job> },
): Promise<void> {
  const { project, closing } = context
  const failureOf = (job: Job) => (job.state === 'done' ? null : job.message)
  const found = await jobs.finding
  if (closing.signal.aborted) return
  if (found) note(project, path, { findSeconds: found.seconds, failure: failureOf(found) })
  if (found?.state === 'done') {
    const fitness = await attempt(() => fitnessOf(context, slideId))
    if (closing.signal.aborted) return
    if (fitness.ok) note(project, path, { doubts: fitness.value.misfits.map(({ finding }) => finding) })
  }
  const classified = await jobs.classifying
  if (!classified || closing.signal.aborted) return
  const failure = failureOf(classified)
  // Without nuclei there is nothing to classify. Why there are none says more.
  const why = failure?.key === 'noNuclei' && found ? found.message : failure
  note(project, path, { classifySeconds: classified.seconds, failure: (found && failureOf(found)) ?? why })
}

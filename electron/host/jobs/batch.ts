import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import {
  attempt,
  FailureError,
  message,
  messageSchema,
  systemFailure,
  type Job,
  type Message,
} from '../../contract/index.ts'
import { isOpenable, mayHoldSlide } from '../../slides/index.ts'
import type { Project } from '../../store/index.ts'
import { fitnessOf } from '../review/fitness.ts'
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
  detect(slideId: number, wanted: { rest: boolean }): number
  classify(slideId: number): number
}

export interface BatchBegun {
  /** Slides of the folder that are in the project now. */
  slideIds: number[]
  /** Jobs that were queued for them: none for what was done before. */
  jobIds: number[]
  /** Files that are no slides or could not be opened, and why. */
  refused: { name: string; why: Message }[]
  /** Folders in the folder that were not looked into. */
  folders: number
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
 * @param mpp µm per pixel of slides whose files do not say it; never used instead of what a file says
 */
export async function beginBatch(
  context: ProjectContext,
  workings: Workings,
  folder: string,
  mpp?: number,
): Promise<BatchBegun> {
  const { project, jobs } = context
  const { paths, folders } = await slidesIn(resolve(folder))
  if (paths.length === 0) throw new FailureError('empty', message('batchEmpty', { folder, folders }))
  const followed: Promise<void>[] = []
  const begun = { slideIds: [] as number[], jobIds: [] as number[], refused: [] as BatchBegun['refused'], folders }
  for (const path of paths) {
    if (context.closing.signal.aborted) break
    try {
      const slideId = await openWith(workings, path, mpp)
      begun.slideIds.push(slideId)
      const { absolutePath, nuclei, searched, activeRunId } = project.slides.get(slideId)
      const isToSearch = nuclei === 0 || searched !== null
      const finding = isToSearch ? workings.detect(slideId, { rest: nuclei > 0 }) : undefined
      const classifying = isToSearch || activeRunId === null ? workings.classify(slideId) : undefined
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
      begun.refused.push({ name: basename(path), why })
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

/** Returns the slides of a folder, and the number of folders in it that are none. */
async function slidesIn(folder: string): Promise<{ paths: string[]; folders: number }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const failure = systemFailure(error, { do: 'listFolder', path: folder })
    throw failure ? FailureError.of(failure) : error
  })
  const visible = entries.filter(({ name }) => !name.startsWith('.'))
  // The files of a DICOM series are one slide, which is the folder.
  const isSeries = await mayHoldSlide(folder)
  const paths = isSeries ? [folder] : []
  let folders = 0
  for (const entry of visible.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))) {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) {
      if (isOpenable(entry.name) && !(isSeries && /\.dcm$/i.test(entry.name))) paths.push(path)
    } else if (await mayHoldSlide(path)) paths.push(path)
    else folders++
  }
  return { paths, folders }
}

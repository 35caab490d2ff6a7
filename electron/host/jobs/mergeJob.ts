import { FailureError, type Searched, type Message, message } from '../../contract/index.ts'
import type { DetectionProgress, StepChanges } from '../../store/index.ts'
import { sibling, startThread, type Thread } from '../../threads/index.ts'
import { slideChanged, type ProjectContext } from '../state/context.ts'
import { makeMerge, type MergeResult, type MergeTask, type MergeThread } from './merging.ts'

type Wanted = MergeTask extends infer T ? (T extends MergeTask ? Omit<T, 'slide' | 'editedNuclei'> : never) : never

/** How a merge is recorded in the log, and what was stored while detection was running. */
export interface MergeStep {
  readonly reader: string
  readonly title: (result: MergeResult) => Message
  readonly count: (result: MergeResult) => number
  /** Where nuclei have been searched for once the merge is done. */
  readonly searched: Searched
  readonly shownSoFar?: DetectionProgress
  /**
   * Prepares what else the step changes, such as labels of imported nuclei, in turns that leave the host time. Returns
   * what makes the changes, which is called within the step's transaction.
   */
  readonly changes?: (result: MergeResult) => Promise<() => Pick<StepChanges, 'labels' | 'accepted'>>
  /** True: merges without a thread. A thread starts in tenths of a second, which many small files cannot wait for. */
  readonly isSmall?: boolean
}

/**
 * Merges nuclei into a slide on another thread and puts the result in force as one step. If the slide's nuclei changed meanwhile, or a person labelled nuclei that the merge would remove, it
 * merges again, so nobody's work is lost. Throws FailureError 'cancelled' or the failures of reading the file; the
 * slide is then unchanged.
 */
export async function mergeInThread(
  context: ProjectContext,
  slideId: number,
  wanted: Wanted,
  signal: AbortSignal,
  { reader, title, count, searched, shownSoFar, changes, isSmall }: MergeStep,
): Promise<MergeResult> {
  const { project } = context
  for (;;) {
    if (signal.aborted) throw new FailureError('cancelled', message('cancelled'))
    const slide = project.nuclei.forMerge(slideId)
    const task = {
      ...wanted,
      slide,
      ...(wanted.kind === 'detection' && { editedNuclei: project.editedNuclei() }),
    } as MergeTask
    const { result, written } = await inThread(context, slideId, task, signal, isSmall)
    const also = (await changes?.(result)) ?? (() => ({}))
    const isStale =
      project.nuclei.version(slideId) + 1 !== slide.version ||
      project.labels.labelsOf(result.gone).some((label) => label !== 0)
    if (isStale) {
      project.nuclei.chunks.deleteUnpublished(written)
      continue
    }
    project.transact(() => {
      const step = { slideId, reader, title: title(result), count: count(result) }
      project.publishChunks(step, written, searched, shownSoFar, also)
    })
    slideChanged(context, slideId)
    while (project.nuclei.chunks.sweep()) await turn()
    return result
  }
}

/** Runs a merge on a thread and writes each chunk as it arrives, one short write each. Chunks are not in force yet. */
async function inThread(
  { project }: ProjectContext,
  slideId: number,
  task: MergeTask,
  signal: AbortSignal,
  isSmall = false,
): Promise<{ result: MergeResult; written: number[] }> {
  const written: number[] = []
  const thread = isSmall
    ? await here(task)
    : startThread<MergeThread>(sibling(import.meta.url, './mergeWorker'), task, { signal, youngMB: 48 })
  try {
    const firstId = project.reserveIds(await thread.call('unnumbered'))
    // The thread packs the next chunk while this one is written.
    for (let chunk = thread.call('nextChunk', firstId); ;) {
      const packed = await chunk
      if (!packed) break
      chunk = thread.call('nextChunk', firstId)
      written.push(project.nuclei.chunks.write(slideId, written.length, packed))
    }
    return { result: await thread.call('result', firstId), written }
  } catch (error) {
    project.nuclei.chunks.deleteUnpublished(written)
    throw error
  } finally {
    await thread.end()
  }
}

/** Merges on this thread. Returns the same as startThread. */
async function here(task: MergeTask): Promise<Thread<MergeThread>> {
  const merge = await makeMerge(task)
  const call = (name: keyof typeof merge, ...args: unknown[]) =>
    Promise.resolve((merge[name] as (...given: unknown[]) => unknown)(...args))
  return { call, end: () => Promise.resolve() } as Thread<MergeThread>
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

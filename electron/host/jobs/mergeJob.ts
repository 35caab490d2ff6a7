import { FailureError, type Searched, type Message, message } from '../../contract/index.ts'
import type { DetectionProgress } from '../../store/index.ts'
import { sibling, startThread } from '../../threads/index.ts'
import { slideChanged, type ProjectContext } from '../state/context.ts'
import type { MergeResult, MergeTask, MergeThread } from './mergeWorker.ts'

type Wanted = MergeTask extends infer T ? (T extends MergeTask ? Omit<T, 'slide' | 'editedNuclei'> : never) : never

/** How a merge is recorded in the log, and what was stored while detection was running. */
export interface MergeStep {
  readonly reader: string
  readonly title: (result: MergeResult) => Message
  readonly count: (result: MergeResult) => number
  /** Where nuclei have been searched for once the merge is done. */
  readonly searched: Searched
  readonly shownSoFar?: DetectionProgress
}

/**
 * Merges nuclei into a slide on another thread and puts the result in force in one transaction, in which `also` is
 * called too. If the slide's nuclei changed meanwhile, or a person labelled nuclei that the merge would remove, it
 * merges again, so nobody's work is lost. Throws FailureError 'cancelled' or the failures of reading the file; the
 * slide is then unchanged.
 */
export async function mergeInThread(
  context: ProjectContext,
  slideId: number,
  wanted: Wanted,
  signal: AbortSignal,
  { reader, title, count, searched, shownSoFar }: MergeStep,
  also: (result: MergeResult) => void = () => undefined,
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
    const { result, written } = await inThread(context, slideId, task, signal)
    const isStale =
      project.nuclei.version(slideId) + 1 !== slide.version ||
      project.labels.labelsOf(result.gone).some((label) => label !== 0)
    if (isStale) {
      project.nuclei.chunks.deleteUnpublished(written)
      continue
    }
    project.transact(() => {
      const step = { slideId, reader, title: title(result), count: count(result) }
      project.publishChunks(step, written, searched, shownSoFar)
      also(result)
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
): Promise<{ result: MergeResult; written: number[] }> {
  const written: number[] = []
  const thread = startThread<MergeThread>(sibling(import.meta.url, './mergeWorker'), task, { signal })
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

const turn = () => new Promise((resolve) => setImmediate(resolve))

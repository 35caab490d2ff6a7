import { Worker } from 'node:worker_threads'
import { tell, assertNever, FailureError, type Searched, type Told } from '../../contract/index.ts'
import { sibling } from '../../launch/sibling.ts'
import type { Streamed } from '../../store/index.ts'
import { slideChanged, type Bench } from '../state/context.ts'
import type { MergeReply, MergeResult, MergeTask } from './mergeProtocol.ts'

type Wanted = MergeTask extends infer T ? (T extends MergeTask ? Omit<T, 'slide' | 'people'> : never) : never

/** How a merge stands in the log, and what it appended while it went. */
export interface MergeStep {
  readonly reader: string
  readonly title: (result: MergeResult) => Told
  readonly count: (result: MergeResult) => number
  /** Where nuclei were searched for once it is done. */
  readonly searched: Searched
  readonly streamed?: Streamed
}

/**
 * Merges nuclei into a slide on another thread and puts the result in force as one step, with what `also` does in it.
 * Where a person meanwhile labelled or drew what would go, it is merged again, so nobody's work is lost.
 * Fails with 'cancelled', or as reading the file does; the slide is then as it was.
 */
export async function mergeInThread(
  bench: Bench,
  slideId: number,
  wanted: Wanted,
  signal: AbortSignal,
  { reader, title, count, searched, streamed }: MergeStep,
  also: (result: MergeResult) => void = () => undefined,
): Promise<MergeResult> {
  const { project } = bench
  for (;;) {
    if (signal.aborted) throw new FailureError('cancelled', tell('cancelled'))
    const slide = project.nuclei.forMerge(slideId)
    const task = { ...wanted, slide, ...(wanted.kind === 'detection' && { people: project.people() }) } as MergeTask
    const { result, written } = await inThread(bench, slideId, task, signal)
    const isStale =
      project.nuclei.version(slideId) + 1 !== slide.version ||
      project.labels.labelsOf(result.gone).some((label) => label !== 0)
    if (isStale) {
      project.nuclei.chunks.forgetUnpublished(written)
      continue
    }
    project.transact(() => {
      const step = { slideId, reader, title: title(result), count: count(result) }
      project.publishChunks(step, written, searched, streamed)
      also(result)
    })
    slideChanged(bench, slideId)
    while (project.nuclei.chunks.sweep()) await turn()
    return result
  }
}

/** Chunks reach the file as they come, not yet in force; each is one short write. */
async function inThread(
  { project }: Bench,
  slideId: number,
  task: MergeTask,
  signal: AbortSignal,
): Promise<{ result: MergeResult; written: number[] }> {
  const written: number[] = []
  const worker = new Worker(sibling(import.meta.url, './mergeWorker'), { workerData: task })
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const stop = () => void worker.terminate()
  signal.addEventListener('abort', stop)
  let answered = false
  try {
    const result = await new Promise<MergeResult>((resolve, reject) => {
      worker.once('error', reject)
      worker.once('exit', () => reject(new FailureError('cancelled', tell('cancelled'))))
      worker.on('message', (reply: MergeReply) => {
        answered = reply.kind === 'done' || reply.kind === 'failure'
        try {
          if (reply.kind === 'ids') worker.postMessage(project.reserveIds(reply.count))
          else if (reply.kind === 'chunk')
            written.push(project.nuclei.chunks.write(slideId, written.length, reply.chunk))
          else if (reply.kind === 'failure') reject(FailureError.of(reply.failure))
          else if (reply.kind === 'done') resolve(reply.result)
          else assertNever(reply)
        } catch (error) {
          reject(error as Error)
        }
      })
    })
    return { result, written }
  } catch (error) {
    project.nuclei.chunks.forgetUnpublished(written)
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    // A thread that has answered ends by itself; only one that has not is stopped.
    await (answered ? ended : worker.terminate())
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

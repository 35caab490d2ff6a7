import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { FailureError, unwrap, type Nuclei } from '../../contract/index.ts'
import { readAnnotations } from '../../formats/index.ts'
import {
  chunksOf,
  idsOfMerged,
  mergeDetection,
  mergeImport,
  unnumbered,
  unpackPeople,
  unpackSlide,
} from '../../store/index.ts'
import type { MergeReply, MergeResult, MergeTask } from './mergeProtocol.ts'

/**
 * A thread that reads, merges and packs nuclei: at 700,000 that takes seconds, in which the host must go on serving
 * tiles and saving labels. It touches no project file; what it makes goes back to the host in pieces.
 */
const port = parentPort
if (!port) throw new Error('mergeWorker runs only as a thread of the host.')
const say = (reply: MergeReply) => port.postMessage(reply)

async function incoming(task: MergeTask): Promise<{ nuclei: Nuclei } & Pick<MergeResult, 'imported' | 'skipped'>> {
  if (task.kind === 'detection') return { nuclei: task.found, skipped: [] }
  const { classified, skipped } = unwrap(await readAnnotations(task.path, task.size))
  const { nuclei, classes, classIndex, labelled } = classified
  return { nuclei, imported: { classes, classIndex, labelled }, skipped }
}

async function work(task: MergeTask): Promise<MergeResult> {
  const { nuclei, ...about } = await incoming(task)
  const slide = unpackSlide(task.slide)
  const merged =
    task.kind === 'detection'
      ? mergeDetection(slide, nuclei, unpackPeople(task.people), task.searchedAgain)
      : mergeImport(slide, nuclei)
  const answer = once(port as NonNullable<typeof port>, 'message') as Promise<[number]>
  say({ kind: 'ids', count: unnumbered(merged) })
  const [firstId] = await answer
  for (const chunk of chunksOf(merged, firstId)) say({ kind: 'chunk', chunk })
  const { carried, unmatched, gone } = merged
  return { carried, unmatched, gone, ids: idsOfMerged(merged, firstId), ...about }
}

try {
  say({ kind: 'done', result: await work(workerData as MergeTask) })
} catch (error) {
  if (!(error instanceof FailureError)) throw error
  say({ kind: 'failure', failure: error.failure })
}
port.close()

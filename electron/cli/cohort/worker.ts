import { constants, setPriority } from 'node:os'
import { connectEngine } from '../../launch/engineClient.ts'
import { progress } from '../verb.ts'
import type { CohortQueue, DoJob } from './queue.ts'
import { runJob, type Workplace } from './runJob.ts'

/** Says one line on the terminal, beside the results on stdout. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Returns a signal that Ctrl-C, a service's stop and a closed terminal abort. */
export function endSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

/**
 * Works on a queue's jobs at a low priority, so that the app on the same machine stays quick. Returns how many it did, how many
 * were done before, and how many attempts failed.
 */
export async function workOn(
  queue: CohortQueue,
  place: Omit<Workplace, 'engine'>,
  working: { readonly signal: AbortSignal; readonly untilEmpty: boolean },
): Promise<{ done: number; before: number; failed: number }> {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Some systems forbid it. Then the worker is as quick as the app.
  }
  const engine = connectEngine()
  const counts = { done: 0, before: 0, failed: 0 }
  const doJob: DoJob = async (job, { signal, update }) => {
    try {
      const done = await runJob(
        job,
        { ...place, engine },
        {
          signal,
          update(doing, at, of) {
            progress(`${job.slide}: ${doing} ${at}/${of}`)
            update(doing, at, of)
          },
        },
      )
      counts[done.isOld ? 'before' : 'done']++
      return done
    } catch (error) {
      if (!signal.aborted) counts.failed++
      throw error
    }
  }
  try {
    await queue.work(doJob, { ...working, say })
    return counts
  } finally {
    await engine.close()
  }
}

import type { CohortJob } from '../../contract/index.ts'
import { awayPause, doneLine, fateOf, pause, retryPause, type CohortQueue, type QueuedJob } from './queue.ts'
import { jobId } from './job.ts'

interface Entry extends QueuedJob {
  readonly attemptsLeft: number
}

/**
 * The queue in this process, for one machine. It keeps nothing itself: what was done is known by the results, so the same
 * folder is enqueued again after an interruption.
 */
export function localQueue(): CohortQueue {
  const entries = new Map<string, Entry>()
  let attemptsOf = 1
  const set = (id: string, change: Partial<Entry>) => entries.set(id, { ...entries.get(id)!, ...change })
  return {
    add(jobs: readonly CohortJob[], attempts) {
      const before = entries.size
      attemptsOf = attempts
      for (const job of jobs) {
        const id = jobId(job)
        if (!entries.has(id))
          entries.set(id, { id, job, state: 'waiting', failure: '', progress: '', attemptsLeft: attempts })
      }
      return Promise.resolve(entries.size - before)
    },
    all: () => Promise.resolve([...entries.values()]),
    async work(doJob, { signal, say, untilEmpty }) {
      const next = () => [...entries.values()].find(({ state }) => state === 'waiting')
      for (let entry = next(); !signal.aborted; entry = next()) {
        if (!entry) {
          if (untilEmpty) return
          await pause(500, signal)
          continue
        }
        const { id, job, attemptsLeft } = entry
        set(id, { state: 'running' })
        try {
          const update = (doing: string, done: number, of: number) =>
            void set(id, { progress: `${doing}: ${done}/${of}` })
          const done = await doJob(job, { signal, update })
          set(id, { state: 'done', failure: '', progress: '' })
          say(doneLine(id, done))
        } catch (error) {
          const { fate, why, endsWorker } = fateOf(error)
          if (!signal.aborted) say(`${id}: ${why}`)
          const isDead = fate === 'dead' || (fate === 'retry' && attemptsLeft <= 1)
          const left = fate === 'retry' ? attemptsLeft - 1 : attemptsLeft
          set(id, { state: isDead ? 'failed' : 'waiting', failure: why, progress: '', attemptsLeft: left })
          if (endsWorker) throw endsWorker
          if (fate === 'wait') await pause(awayPause, signal)
          if (fate === 'retry' && !isDead) await pause(retryPause * 2 ** (attemptsOf - attemptsLeft), signal)
        }
      }
    },
    retryFailed() {
      const failed = [...entries.values()].filter(({ state }) => state === 'failed')
      for (const { id } of failed) set(id, { state: 'waiting', attemptsLeft: attemptsOf })
      return Promise.resolve(failed.length)
    },
    close: () => Promise.resolve(),
  }
}

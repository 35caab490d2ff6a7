import { FailureError, inEnglish, message, type CohortJob, type CohortResult } from '../../contract/index.ts'
import { FolderAway } from './inside.ts'
import { OtherCohort } from './runJob.ts'
import { OtherWeights } from './weights.ts'

/** What a queue knows of a job. */
export interface QueuedJob {
  readonly id: string
  readonly job: CohortJob
  /** 'failed' is a dead letter: nobody takes it up again unasked. */
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  /** Why it failed last, in English; empty: it has not. */
  readonly failure: string
  /** How far a running job is, in English; empty: not said. */
  readonly progress: string
}

/** Does one job. */
export type DoJob = (
  job: CohortJob,
  watch: { readonly signal: AbortSignal; update(doing: string, done: number, of: number): void },
) => Promise<{ result: CohortResult; isOld: boolean }>

export interface Working {
  /** Aborting gives the job under way back. */
  readonly signal: AbortSignal
  /** End when nothing waits or runs any more. */
  readonly untilEmpty: boolean
  /** Says something on the terminal, one line. */
  say(line: string): void
}

/**
 * Jobs of a cohort, each given to one worker at a time. The two implementations treat jobs and failures alike: `localQueue`
 * in this process, `redisQueue` for many machines.
 */
export interface CohortQueue {
  /** Adds jobs. A job whose id is there already, waiting, done or failed, is left as it is. Returns how many were new. */
  add(jobs: readonly CohortJob[], attempts: number): Promise<number>
  all(): Promise<QueuedJob[]>
  /**
   * Does jobs one after another until the signal aborts. Throws FailureError where this worker must not go on: its results
   * folder or a model is another one than the jobs'.
   */
  work(doJob: DoJob, working: Working): Promise<void>
  /** Lets the dead letters wait again, with all their attempts. Returns their number. */
  retryFailed(): Promise<number>
  close(): Promise<void>
}

/** Pause before a job that the engine or a bug ended is tried again, ms; doubled with each further attempt. */
export const retryPause = 5_000
/** Pause of a worker whose folder, disk or project is away, ms. The job waits, and its attempts are not counted. */
export const awayPause = 5_000

/** What is done with a job that ended with an error. */
export type Fate = {
  /**
   * dead: a dead letter at once, as it would end the same way again. retry: another attempt, or a dead letter after the last.
   * wait: back into the queue, as it is the machine's fault and will pass. back: to the queue at once.
   */
  readonly fate: 'dead' | 'retry' | 'wait' | 'back'
  readonly why: string
  /** This worker must not go on: every other job would end the same way. */
  readonly endsWorker?: FailureError
}

const passing: readonly string[] = ['away', 'busy', 'disk-full', 'read-only']
const worthRetrying: readonly string[] = ['engine', 'not-found']

export function fateOf(error: unknown): Fate {
  if (error instanceof FolderAway) return { fate: 'wait', why: inEnglish(error.said) }
  if (error instanceof OtherCohort) return { fate: 'back', why: error.message, endsWorker: error }
  if (error instanceof OtherWeights) return { fate: 'dead', why: error.message, endsWorker: error }
  if (!(error instanceof FailureError)) {
    console.error(error)
    return { fate: 'retry', why: inEnglish(message('bug')) }
  }
  const { kind } = error.failure
  if (kind === 'cancelled') return { fate: 'back', why: error.message }
  const fate = passing.includes(kind) ? 'wait' : worthRetrying.includes(kind) ? 'retry' : 'dead'
  return { fate, why: error.message }
}

/** Resolves after `ms`, or when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}

/** Returns one line about a job that is done. */
export function doneLine(id: string, { result, isOld }: Awaited<ReturnType<DoJob>>): string {
  const { nuclei } = result.row
  const what = typeof nuclei === 'number' ? `${nuclei} nuclei, ` : ''
  return isOld ? `${id}: was done before` : `${id}: done, ${what}${result.seconds.toFixed(1)} s`
}

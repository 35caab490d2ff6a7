import type { Job, Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  cohortJobSchema,
  FailureError,
  inEnglish,
  issueMessage,
  message,
  type CohortJob,
} from '../../contract/index.ts'
import { cohortJob, jobId } from './job.ts'
import {
  awayPause,
  doneLine,
  fateOf,
  pause,
  retryPause,
  type CohortQueue,
  type QueuedJob,
  type Working,
} from './queue.ts'
import { workerName } from './runJob.ts'

export interface RedisOptions {
  /** redis:// or rediss:// (TLS), with user and password where the server asks for them. */
  readonly url: string
  /** Name of the queue on the server: one for each folder of results. */
  readonly name: string
  /** How long a job stays with a worker that is silent, ms. */
  readonly lockMs: number
}

/** Prefix of all keys on the server. */
const prefix = 'karyon'
/** How often a job may be taken from workers that went silent before it is a dead letter: it may be what kills them. */
const mostStalls = 5
/** How long a worker that ends waits for a server that is away, ms. The job is then given on when its lock runs out. */
const partingTime = 5_000
const progressEvery = 5_000 // ms
const addedAtOnce = 500

/** Returns the server's address without user and password, for people. Throws FailureError if it is no such address. */
export function serverOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw new FailureError('invalid-input', message('cohortQueueUrl'))
  return `${parsed.hostname}:${parsed.port || 6379}`
}

/** What an error of the connection says, without addresses and passwords. */
const reasonOf = (error: unknown): string => {
  const { code, message: text } = error as { code?: string; message?: string }
  return code && /^E[A-Z]+$/.test(code) ? code : (text ?? '').split('\n')[0]
}
/** The server refuses this user: waiting does not help. */
const isRefusal = (error: unknown): boolean =>
  /NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR AUTH/.test(String(error))

/** Tries once to reach the server. Throws what kept it from that. */
async function reach(url: string): Promise<void> {
  const { Redis } = await import('ioredis')
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  let last: unknown
  client.on('error', (error) => (last = error))
  try {
    await client.connect()
    await client.ping()
  } catch (error) {
    throw last ?? error
  } finally {
    client.disconnect()
  }
}

/**
 * Connects to a queue on a Redis or Valkey server, which many workers share. Jobs stay listed when they are done. Throws
 * FailureError if the server cannot be reached; with `waiting`, only if it refuses the user or the address is none.
 */
export async function redisQueue(
  { url, name, lockMs }: RedisOptions,
  waiting?: Pick<Working, 'say' | 'signal'>,
): Promise<CohortQueue> {
  const server = serverOf(url)
  for (let isSaid = false; ; isSaid = true)
    try {
      await reach(url)
      break
    } catch (error) {
      if (isRefusal(error)) throw new FailureError('invalid-input', message('cohortQueueRefuses', { server }))
      if (!waiting || waiting.signal.aborted)
        throw new FailureError('away', message('cohortQueueAway', { server, reason: reasonOf(error) }))
      if (!isSaid) waiting.say(inEnglish(message('cohortQueueWaits', { server })))
      await pause(1_000, waiting.signal)
    }
  const bullmq = await import('bullmq')
  const { Redis } = await import('ioredis')
  const connection: Redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(200 * times, 2_000),
  })
  connection.on('error', () => undefined) // "close" below says it once
  const queue: Queue<unknown> = new bullmq.Queue(name, { connection, prefix })
  queue.on('error', () => undefined)

  const jobsOf = async (
    types: Parameters<typeof queue.getJobs>[0],
    state: QueuedJob['state'],
  ): Promise<QueuedJob[]> => {
    const jobs = (await queue.getJobs(types, 0, -1, true)) as (Job<unknown> | undefined)[]
    return jobs.flatMap((one) => {
      const job = cohortJobSchema.safeParse(one?.data)
      if (!one?.id || !job.success) return []
      const progress = typeof one.progress === 'string' ? one.progress : ''
      return [{ id: one.id, job: job.data, state, failure: one.failedReason ?? '', progress }]
    })
  }
  const waits = ['waiting', 'delayed', 'prioritized'] as const
  const total = async (...types: Parameters<typeof queue.getJobCounts>): Promise<number> =>
    Object.values(await queue.getJobCounts(...types)).reduce((a, b) => a + b, 0)

  return {
    async add(jobs, attempts) {
      const before = await total(...waits, 'active', 'completed', 'failed')
      for (let at = 0; at < jobs.length; at += addedAtOnce)
        await queue.addBulk(
          jobs.slice(at, at + addedAtOnce).map((job) => ({
            name: job.kind,
            data: job,
            opts: { jobId: jobId(job), attempts, backoff: { type: 'exponential', delay: retryPause } },
          })),
        )
      return (await total(...waits, 'active', 'completed', 'failed')) - before
    },
    async all() {
      const [waiting, running, done, failed] = [
        await jobsOf([...waits], 'waiting'),
        await jobsOf('active', 'running'),
        await jobsOf('completed', 'done'),
        await jobsOf('failed', 'failed'),
      ]
      // A job may move on between two of the questions: it counts where it was found last.
      return [...new Map([...waiting, ...running, ...done, ...failed].map((one) => [one.id, one])).values()]
    },
    async work(doJob, { signal, untilEmpty, say }) {
      const ended = new AbortController()
      const stopping = AbortSignal.any([signal, ended.signal])
      let endsWorker: FailureError | undefined
      const takeOn = async (taken: Job<unknown>, token?: string) => {
        const id = taken.id ?? ''
        let lastSaid = 0
        try {
          const job = ofContract(taken.data)
          const done = await doJob(job, {
            signal: stopping,
            update(doing, at, of) {
              if (Date.now() - lastSaid < progressEvery) return
              lastSaid = Date.now()
              // While the server is away this waits, and the job goes on.
              taken.updateProgress(`${workerName()}: ${doing} ${at}/${of}`).catch(() => undefined)
            },
          })
          say(doneLine(id, done))
          return { worker: done.result.worker, seconds: done.result.seconds }
        } catch (error) {
          const { fate, why, endsWorker: end } = fateOf(error)
          if (end) {
            endsWorker = end
            ended.abort()
          }
          if (fate === 'back') {
            await taken.moveToWait(token)
            say(inEnglish(message('cohortGivenBack', { id })))
            throw new bullmq.WaitingError()
          }
          say(`${id}: ${why}`)
          if (fate === 'wait') {
            await taken.moveToDelayed(Date.now() + awayPause, token)
            await pause(awayPause, stopping)
            throw new bullmq.DelayedError()
          }
          // Without the worker's own lines of code: they would be stored on the server.
          const told = fate === 'dead' ? new bullmq.UnrecoverableError(why) : new Error(why)
          told.stack = ''
          throw told
        }
      }
      const worker: Worker<unknown> = new bullmq.Worker(name, takeOn, {
        ...{ connection, prefix, name: workerName(), concurrency: 1, drainDelay: 2, runRetryDelay: 1_000 },
        ...{ lockDuration: lockMs, stalledInterval: lockMs, maxStalledCount: mostStalls },
      })
      worker.on('error', (error) => {
        if (connection.status === 'ready' && !/Connection is closed|ECONN/.test(error.message)) say(error.message)
      })
      let isAway = false
      const sayAway = () => {
        if (!isAway && !stopping.aborted) say(inEnglish(message('cohortQueueWaits', { server })))
        isAway = true
      }
      const sayBack = () => {
        if (isAway) say(inEnglish(message('cohortQueueBack', { server })))
        isAway = false
      }
      connection.on('close', sayAway)
      connection.on('ready', sayBack)
      while (!stopping.aborted) {
        await pause(1_000, stopping)
        if (!untilEmpty || isAway || stopping.aborted) continue
        const left = await Promise.race([total(...waits, 'active'), pause(awayPause, stopping)])
        if (left === 0) ended.abort()
      }
      connection.off('close', sayAway)
      connection.off('ready', sayBack)
      const closing = worker.close()
      await Promise.race([closing, sleep(partingTime, undefined, { ref: false }).then(() => worker.close(true))])
      if (endsWorker) throw endsWorker
    },
    async retryFailed() {
      const failed = (await queue.getJobs('failed', 0, -1)) as Job<unknown>[]
      for (const job of failed) await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
      return failed.length
    },
    async close() {
      await Promise.race([queue.close().catch(() => undefined), sleep(partingTime, undefined, { ref: false })])
      connection.disconnect()
    },
  }
}

/** Whether the server writes its jobs to disk at once (append-only file): a restart would lose them otherwise. */
export async function keepsJobs(url: string): Promise<boolean> {
  const { Redis } = await import('ioredis')
  const client = new Redis(url, { maxRetriesPerRequest: 1 })
  client.on('error', () => undefined)
  try {
    return /aof_enabled:1/.test(await client.info('persistence'))
  } finally {
    client.disconnect()
  }
}

/** Returns a job as the server gave it. Throws FailureError if it is not what the contract says. */
function ofContract(data: unknown): CohortJob {
  const parsed = cohortJobSchema.safeParse(data)
  if (!parsed.success)
    throw new FailureError('invalid-input', message('cohortJobWrong', { issue: issueMessage(parsed.error.issues[0]) }))
  const own = cohortJob(parsed.data)
  if (own.result !== parsed.data.result)
    throw new FailureError('invalid-input', message('cohortResultName', { given: parsed.data.result }))
  return parsed.data
}

import { FailureError, message, type Failure, type Job, type Message } from '../../contract/index.ts'

export interface JobContext {
  readonly signal: AbortSignal
  /** Reports progress. If `secondsLeft` is not given, it is estimated from `done`, `of` and the time taken so far. */
  update(
    change: Partial<Pick<Job, 'done' | 'of' | 'loss' | 'secondsLeft'>> & { message?: Message; heldOutLoss?: number },
  ): void
}

/** Does a job and returns its result as a message. Expected failures are thrown as FailureError. */
export type JobWork = (job: JobContext) => Promise<Message>

interface Entry {
  job: Job
  readonly work: JobWork
  readonly controller: AbortController
  readonly finished: Promise<Job>
  readonly finish: (job: Job) => void
}

/** Number of finished jobs that stay listed. */
const kept = 20

/**
 * Runs jobs one after another: the engine has one GPU or one set of cores, and two jobs must not change the same
 * nuclei.
 */
export class JobQueue {
  readonly #entries: Entry[] = []
  readonly #changed: () => void
  #nextId = 1
  #running: Promise<void> | undefined

  constructor(changed: () => void) {
    this.#changed = changed
  }

  add({ title, ...what }: Pick<Job, 'kind' | 'slideId' | 'region'> & { title: Message }, work: JobWork): number {
    const { promise: finished, resolve: finish } = Promise.withResolvers<Job>()
    const job: Job = {
      id: this.#nextId++,
      ...what,
      title,
      state: 'waiting',
      done: 0,
      of: 0,
      loss: null,
      losses: [],
      secondsLeft: null,
      seconds: null,
      message: null,
      failureKind: null,
    }
    this.#entries.push({ job, work, controller: new AbortController(), finished, finish })
    this.#running ??= this.#runAll()
    this.#changed()
    return job.id
  }

  /** Cancels a job: a waiting job at once, a running one at the engine's next step. A finished job stays as it is. */
  cancel(id: number): void {
    const entry = this.#entry(id)
    entry.controller.abort()
    if (entry.job.state === 'waiting') this.#end(entry, 'cancelled', message('cancelledBefore'))
  }

  /** Returns all jobs, oldest first. */
  list(): Job[] {
    return this.#entries.map((entry) => entry.job)
  }

  /** Resolves when a job is done, failed or cancelled. */
  finished(id: number): Promise<Job> {
    return this.#entry(id).finished
  }

  /** Returns true while a job that will add nuclei to this slide is waiting or running. */
  expects(slideId: number): boolean {
    return this.list().some(
      (job) =>
        job.slideId === slideId &&
        (job.kind === 'detect' || job.kind === 'import') &&
        (job.state === 'waiting' || job.state === 'running'),
    )
  }

  /** Resolves when no job is waiting or running, including follow-up jobs. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  /** Cancels all jobs and waits for them to end. */
  async close(): Promise<void> {
    for (const { job } of this.#entries) if (job.state === 'waiting' || job.state === 'running') this.cancel(job.id)
    await this.idle()
  }

  async #runAll(): Promise<void> {
    // Wait one microtask so that add() has returned the id before the job starts.
    await Promise.resolve()
    for (let entry = this.#next(); entry; entry = this.#next()) await this.#run(entry)
    this.#running = undefined
  }

  #next(): Entry | undefined {
    return this.#entries.find((entry) => entry.job.state === 'waiting')
  }

  async #run(entry: Entry): Promise<void> {
    const started = Date.now()
    entry.job = { ...entry.job, state: 'running' }
    this.#changed()
    const update: JobContext['update'] = ({ heldOutLoss, ...change }) => {
      const job = { ...entry.job, ...change }
      if (change.loss !== undefined || heldOutLoss !== undefined)
        job.losses = withLoss(job.losses, { at: job.done, loss: change.loss ?? null, heldOut: heldOutLoss ?? null })
      if (change.secondsLeft === undefined && job.done > 0)
        job.secondsLeft = ((Date.now() - started) / 1000) * (job.of / job.done - 1)
      entry.job = job
      this.#changed()
    }
    try {
      this.#end(entry, 'done', await entry.work({ signal: entry.controller.signal, update }), started)
    } catch (error) {
      if (error instanceof FailureError) this.#fail(entry, error.failure, started)
      else {
        console.error(error)
        this.#end(entry, 'failed', message('bug'), started)
      }
    }
  }

  #fail(entry: Entry, { kind, message: why }: Failure, started: number): void {
    entry.job = { ...entry.job, failureKind: kind }
    this.#end(entry, kind === 'cancelled' ? 'cancelled' : 'failed', why, started)
  }

  #end(entry: Entry, state: Job['state'], result: Message, started?: number): void {
    const seconds = started === undefined ? null : (Date.now() - started) / 1000
    entry.job = { ...entry.job, message: result, state, secondsLeft: null, seconds }
    entry.finish(entry.job)
    const ended = this.#entries.filter(({ job }) => job.state !== 'waiting' && job.state !== 'running')
    for (const old of ended.slice(0, -kept)) this.#entries.splice(this.#entries.indexOf(old), 1)
    this.#changed()
  }

  #entry(id: number): Entry {
    const entry = this.#entries.find(({ job }) => job.id === id)
    if (!entry) throw new FailureError('not-found', message('noJob', { id }))
    return entry
  }
}

/** Most points of a curve of losses: more than can be told apart on a screen. */
const mostPoints = 200

/**
 * Returns a curve with a new point. A smaller step than before means that something else is being trained now: the curve
 * begins again there. Where there would be too many points, every other one goes, but none of held-out labels.
 */
export function withLoss(losses: Job['losses'], point: Job['losses'][number]): Job['losses'] {
  const here = losses.find(({ at }) => at === point.at)
  const merged = { ...point, loss: point.loss ?? here?.loss ?? null, heldOut: point.heldOut ?? here?.heldOut ?? null }
  const all = [...losses.filter(({ at }) => at < point.at), merged]
  return all.length > mostPoints ? all.filter((one, k) => one.heldOut !== null || (all.length - k) % 2 === 1) : all
}

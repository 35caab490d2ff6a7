import { FailureError, inEnglish, type HostEvent, type ProjectState, type Told } from '../../contract/index.ts'

type Notice = Extract<HostEvent, { kind: 'notice' }>

interface Listener {
  stateIsNew: boolean
  readonly notices: Notice[]
  wake: () => void
}

/** States closer together than this reach a listener as one. */
const stateInterval = 100

/** Tells every listener of changes: the newest state (never a queue of old ones) and every notice. */
export class Announcer {
  readonly #state: () => ProjectState
  readonly #listeners = new Set<Listener>()
  /** Said before anybody listened: for the first who does. */
  #early: Notice[] = []
  #closed = false

  constructor(state: () => ProjectState) {
    this.#state = state
  }

  changed(): void {
    for (const listener of this.#listeners) {
      listener.stateIsNew = true
      listener.wake()
    }
  }

  notice(level: Notice['level'], sentence: string | Told): void {
    const notice: Notice = { kind: 'notice', level, ...inEnglish(sentence) }
    if (this.#listeners.size === 0) this.#early.push(notice)
    for (const listener of this.#listeners) {
      listener.notices.push(notice)
      listener.wake()
    }
  }

  /** The state; undefined while the project's drive is away: listeners then keep the last. */
  #now(): ProjectState | undefined {
    try {
      return this.#state()
    } catch (error) {
      if (error instanceof FailureError) return undefined
      throw error
    }
  }

  /** Ends every listener's stream with 'closed'. */
  close(): void {
    this.#closed = true
    for (const listener of this.#listeners) listener.wake()
  }

  /** The state now, then every change, until `signal` aborts or the project is closed. */
  async *listen(signal?: AbortSignal): AsyncGenerator<HostEvent, void> {
    const listener: Listener = { stateIsNew: true, notices: this.#early, wake: () => undefined }
    this.#early = []
    const stop = () => listener.wake()
    signal?.addEventListener('abort', stop)
    this.#listeners.add(listener)
    try {
      while (!signal?.aborted) {
        if (this.#closed) return yield { kind: 'closed' }
        const notice = listener.notices.shift()
        if (notice) yield notice
        else if (listener.stateIsNew) {
          listener.stateIsNew = false
          const state = this.#now()
          if (state) yield { kind: 'state', state }
          await new Promise((resolve) => setTimeout(resolve, stateInterval))
        } else {
          const { promise, resolve } = Promise.withResolvers<void>()
          listener.wake = resolve
          await promise
        }
      }
    } finally {
      this.#listeners.delete(listener)
      signal?.removeEventListener('abort', stop)
    }
  }
}

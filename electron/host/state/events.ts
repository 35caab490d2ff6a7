import { FailureError, type HostEvent, type ProjectState, type Message } from '../../contract/index.ts'
import type { SlideViews } from './slideViews.ts'
import { StatePatches } from './statePatches.ts'

type Notice = Extract<HostEvent, { kind: 'notice' }>

interface Listener {
  stateIsNew: boolean
  readonly notices: Notice[]
  wake: () => void
}

/** Changes within this many milliseconds of each other reach a listener as one event. */
const stateInterval = 50

/**
 * Sends changes and notices to every listener. A listener gets the difference from the state it has, never a queue of
 * old states. It gets every notice.
 */
export class Announcer {
  readonly #state: () => ProjectState
  readonly #shownPatches: SlideViews['shownPatches']
  readonly #listeners = new Set<Listener>()
  /** Notices given before anybody listened. The first listener gets them. */
  #early: Notice[] = []
  #closed = false

  /** @param shownPatches returns how shown classes changed between the slides of one state and those of the next */
  constructor(state: () => ProjectState, shownPatches: SlideViews['shownPatches']) {
    this.#state = state
    this.#shownPatches = shownPatches
  }

  changed(): void {
    for (const listener of this.#listeners) {
      listener.stateIsNew = true
      listener.wake()
    }
  }

  notice(level: Notice['level'], said: Message): void {
    const notice: Notice = { kind: 'notice', level, message: said }
    if (this.#listeners.size === 0) this.#early.push(notice)
    for (const listener of this.#listeners) {
      listener.notices.push(notice)
      listener.wake()
    }
  }

  /** Returns the state, or undefined while the project's drive is away. Listeners then keep their last state. */
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

  /** Yields the current state, then its changes, until `signal` aborts or the project is closed. */
  async *listen(signal?: AbortSignal): AsyncGenerator<HostEvent, void> {
    const listener: Listener = { stateIsNew: true, notices: this.#early, wake: () => undefined }
    this.#early = []
    const stop = () => listener.wake()
    signal?.addEventListener('abort', stop)
    this.#listeners.add(listener)
    let patches: StatePatches | undefined
    let slides: ProjectState['slides'] = []
    let number = 0
    try {
      while (!signal?.aborted) {
        if (this.#closed) return yield { kind: 'closed' }
        const notice = listener.notices.shift()
        if (notice) yield notice
        else if (listener.stateIsNew) {
          listener.stateIsNew = false
          const state = this.#now()
          if (state && !patches) {
            patches = new StatePatches(state)
            yield { kind: 'state', state }
          } else if (state) {
            const patch = patches?.next(state)
            if (patch) yield { kind: 'patch', number: ++number, patch, shown: this.#shownPatches(slides, state.slides) }
          }
          if (state) ({ slides } = state)
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

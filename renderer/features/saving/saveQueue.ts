/** Describes a change to the user. */
export interface What {
  /** The name of a class, or of another kind of change. */
  readonly name: string
  /** Number of nuclei that get the class, or how often the change is made. */
  readonly count: number
}

interface Entry {
  readonly what: What
  readonly send: () => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Queue of changes to save, sent one at a time in the order they were made. Changes that could not be saved because the
 * host or the disk was away are sent again. Only a change that the host refuses for good is dropped.
 */
export class SaveQueue {
  readonly #entries: Entry[] = []
  readonly #canRetry: (error: unknown) => Promise<boolean>
  readonly #changed: (unsaved: readonly What[]) => void
  #running = false
  #isSending = false

  /**
   * @param canRetry resolves with true when sending again may help, with false if the refusal is final
   * @param changed called with the changes that are not on disk yet, oldest first
   */
  constructor(canRetry: (error: unknown) => Promise<boolean>, changed: (unsaved: readonly What[]) => void) {
    this.#canRetry = canRetry
    this.#changed = changed
  }

  /** Adds a change. Resolves with the host's answer; rejects if the host refused it. */
  add<T>(what: What, send: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#entries.push({ what, send, resolve: resolve as (value: unknown) => void, reject })
    this.#tell()
    if (!this.#running) void this.#run()
    return promise
  }

  /** Sends all waiting changes in order without waiting for answers, because the page is being closed. */
  sendAll(): void {
    for (const { send } of this.#entries.slice(this.#isSending ? 1 : 0)) void send().catch(() => undefined)
  }

  /** Drops all changes that are not on disk. The promises of waiting changes never settle. */
  forget(): void {
    this.#entries.length = 0
    this.#tell()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      try {
        this.#isSending = true
        const answer = await entry.send()
        this.#entries.shift()
        entry.resolve(answer)
      } catch (error) {
        this.#isSending = false
        if (await this.#canRetry(error)) continue
        this.#entries.shift()
        entry.reject(error)
      }
      this.#tell()
    }
    this.#running = this.#isSending = false
  }

  #tell(): void {
    this.#changed(this.#entries.map(({ what }) => what))
  }
}

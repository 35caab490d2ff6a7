/** A change, for the reader. */
export interface What {
  /** A class, or what else is done. */
  readonly name: string
  /** Nuclei that get the class, or how often it is done. */
  readonly count: number
}

interface Entry {
  readonly what: What
  readonly send: () => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Changes on their way to the disk, one after the other in the order they were made. What could not be sent because the
 * host or the disk was away is sent again; nothing is dropped but what the host refused for good.
 */
export class SaveQueue {
  readonly #entries: Entry[] = []
  readonly #canRetry: (error: unknown) => Promise<boolean>
  readonly #changed: (unsaved: readonly What[]) => void
  #running = false
  #isSending = false

  /**
   * @param canRetry resolves when sending again may help, with false where the refusal stands
   * @param changed told which changes are not on disk yet, oldest first
   */
  constructor(canRetry: (error: unknown) => Promise<boolean>, changed: (unsaved: readonly What[]) => void) {
    this.#canRetry = canRetry
    this.#changed = changed
  }

  /** Resolves with the host's answer, rejects where it refused. */
  add<T>(what: What, send: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#entries.push({ what, send, resolve: resolve as (value: unknown) => void, reject })
    this.#tell()
    if (!this.#running) void this.#run()
    return promise
  }

  /** The page is going: sends all that still waits, in order and without waiting for answers. */
  sendAll(): void {
    for (const { send } of this.#entries.slice(this.#isSending ? 1 : 0)) void send().catch(() => undefined)
  }

  /** Gives up all that is not on disk: its answers never come. */
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

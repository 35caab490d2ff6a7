interface Entry {
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
  readonly #changed: (unsaved: number) => void
  #running = false

  /**
   * @param canRetry resolves when sending again may help, with false where the refusal stands
   * @param changed told how many changes are not on disk yet
   */
  constructor(canRetry: (error: unknown) => Promise<boolean>, changed: (unsaved: number) => void) {
    this.#canRetry = canRetry
    this.#changed = changed
  }

  /** Resolves with the host's answer, rejects where it refused. */
  add<T>(send: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#entries.push({ send, resolve: resolve as (value: unknown) => void, reject })
    this.#changed(this.#entries.length)
    if (!this.#running) void this.#run()
    return promise
  }

  /** The page is going: sends all that still waits, in order and without waiting for answers. */
  sendAll(): void {
    const [, ...waiting] = this.#entries
    for (const { send } of waiting) void send().catch(() => undefined)
  }

  /** Gives up all that is not on disk: its answers never come. */
  forget(): void {
    this.#entries.length = 0
    this.#changed(0)
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      try {
        const answer = await entry.send()
        this.#entries.shift()
        entry.resolve(answer)
      } catch (error) {
        if (await this.#canRetry(error)) continue
        this.#entries.shift()
        entry.reject(error)
      }
      this.#changed(this.#entries.length)
    }
    this.#running = false
  }
}

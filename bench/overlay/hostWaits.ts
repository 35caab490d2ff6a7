/** How long requests waited for the host: the 99th percentile and the longest, milliseconds. */
export interface Waits {
  readonly hostP99Ms: number
  readonly hostSlowestMs: number
}

const interval = 10 // ms between requests

/** Sends the host tiny requests until stopped. Their waiting time shows how long the host was blocked. */
export function measureWaits(origin: string): { stop(): Promise<Waits> } {
  const waits: number[] = []
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const asked = performance.now()
      await (await fetch(origin)).arrayBuffer()
      waits.push(performance.now() - asked)
      await new Promise((resolve) => setTimeout(resolve, interval))
    }
  })()
  return {
    async stop() {
      isOver = true
      await asking
      waits.sort((a, b) => a - b)
      return {
        hostP99Ms: waits[Math.ceil(0.99 * waits.length) - 1] ?? NaN,
        hostSlowestMs: waits.at(-1) ?? NaN,
      }
    },
  }
}

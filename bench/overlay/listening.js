const interval = 10 // ms between requests
/** Asks the host for next to nothing again and again until stopped; it answers as soon as nothing holds it up. */
export function listening(origin) {
  const waits = []
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
//# sourceMappingURL=listening.js.map

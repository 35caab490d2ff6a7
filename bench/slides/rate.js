/** How often a second `work` gets done with `inFlight` of it under way, over about `seconds`. */
export async function rate(work, inFlight, seconds) {
  const began = performance.now()
  const until = began + 1000 * seconds
  let done = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < until) {
        await work()
        done++
      }
    }),
  )
  return (1000 * done) / (performance.now() - began)
}
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
//# sourceMappingURL=rate.js.map

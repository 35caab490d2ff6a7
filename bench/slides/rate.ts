/** Returns how many times per second `work` finishes, with `inFlight` running at once, over about `seconds`. */
export async function rate(work: () => Promise<unknown>, inFlight: number, seconds: number): Promise<number> {
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

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]

/** Calls `work` at most once per `milliseconds`; what comes in between waits for the next call or for `flush`. */
export function every(milliseconds: number, work: () => void): { due(): void; flush(): void } {
  let last = 0
  return {
    due() {
      if (Date.now() - last < milliseconds) return
      work()
      last = Date.now()
    },
    flush() {
      work()
      last = Date.now()
    },
  }
}

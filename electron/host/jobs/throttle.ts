/** `due` calls `work` at most once per `milliseconds` and otherwise does nothing. `flush` calls it at once. */
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

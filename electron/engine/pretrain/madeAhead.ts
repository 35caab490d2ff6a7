import { setImmediate } from 'node:timers/promises'

/**
 * Makes numbered things before they are asked for, while this thread has nothing else to do. Nothing is made twice, and
 * an error is kept for the one who asks.
 */
export function madeAhead<T>(make: (k: number) => Promise<T>) {
  const made = new Map<number, Promise<T>>()
  let taken = -1
  const start = (k: number): Promise<T> => {
    const one = made.get(k) ?? make(k)
    one.catch(() => undefined)
    made.set(k, one)
    return one
  }
  return {
    /** Returns number k, which is then no longer kept. */
    take(k: number): Promise<T> {
      const one = start(k)
      made.delete(k)
      taken = k
      return one
    },
    /** Makes `count` of them from number `from` on, one after another, and ends at the first that fails. */
    async ahead(from: number, count: number): Promise<void> {
      for (let k = from; k < from + count; k++) {
        // First whatever waits for this thread, such as a crop that a lane has computed.
        await setImmediate()
        const isTaken = taken >= from && k <= taken
        if (!isTaken && !(await start(k).then(() => true, () => false))) return // prettier-ignore
      }
    },
  }
}

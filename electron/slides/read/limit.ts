import { cancelled } from '../source/cancelled.ts'

type Limited = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/**
 * Returns a function that runs at most `most` pieces of work at a time; the others wait in order. Work whose signal
 * aborts before its turn is not started and fails with 'cancelled'.
 */
export function limiter(most: number): Limited {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work, signal) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      if (signal?.aborted) throw cancelled()
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

/** Limits all decoding. libuv has four threads; more decodes at once would only hold their bytes longer. */
export const decoding = limiter(8)

import { cancelled } from '../source/cancelled.ts'

type Limited = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/**
 * Runs at most `most` of the works given to it at a time, the others in the order they came. Work whose signal aborts
 * before its turn is not begun and fails with 'cancelled'.
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

/** For all decoding: libuv has four threads, and more decodes at once would only hold their bytes longer. */
export const decoding = limiter(8)

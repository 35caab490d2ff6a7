import { availableParallelism } from 'node:os'

/** The number in an environment variable; undefined if it is not a number of at least 1. */
function limitOf(name: string): number | undefined {
  const given = Math.floor(Number(process.env[name]))
  return given >= 1 ? given : undefined
}

/** Returns the number of threads that the user allows the engine (KARYON_THREADS); undefined: as many as there are. */
export const threadLimit = (): number | undefined => limitOf('KARYON_THREADS')

/** Returns the number of threads that the engine divides its work among. */
export const engineThreads = (): number => Math.min(threadLimit() ?? Infinity, availableParallelism())

/** Returns the memory that the user allows a training (KARYON_MEMORY_MB), MB; undefined: what is free. */
export const memoryLimitMB = (): number | undefined => limitOf('KARYON_MEMORY_MB')

import { statfs } from 'node:fs/promises'
import { message, type Job, type Message } from '../../contract/index.ts'

/** Free room, bytes; undefined: the system does not say. */
export interface FreeRoom {
  /** On the drive of the project. */
  readonly disk: number | undefined
  readonly memory: number | undefined
}

/**
 * Below these a warning is given, bytes. Chosen, not measured: tokens take two bytes for each of a network's features and
 * nucleus, which is a gigabyte for a million nuclei with 500 features.
 */
const least = { disk: 2e9, memory: 1e9 } as const

/** Kinds of jobs that take much of either. */
export const takesRoom = (kind: Job['kind']): boolean => ['detect', 'classify', 'finetune', 'pretrain'].includes(kind)

/**
 * Returns what is free for a project in `folder`. On macOS memory is not judged: what the system calls free there leaves out
 * what it would give up at once.
 */
export async function freeRoom(folder: string): Promise<FreeRoom> {
  const drive = await statfs(folder).catch(() => undefined)
  return {
    disk: drive && drive.bavail * drive.bsize,
    memory: process.platform === 'darwin' ? undefined : process.availableMemory(),
  }
}

/** Warns before work when room runs out: once, and again only after there was enough in between. */
export class LowRoom {
  readonly #measure: () => Promise<FreeRoom>
  readonly #warn: (said: Message) => void
  readonly #isLow = { disk: false, memory: false }

  constructor(measure: () => Promise<FreeRoom>, warn: (said: Message) => void) {
    this.#measure = measure
    this.#warn = warn
  }

  async check(): Promise<void> {
    const free = await this.#measure()
    for (const what of ['disk', 'memory'] as const) {
      const bytes = free[what]
      const isLow = bytes !== undefined && bytes < least[what]
      if (isLow && !this.#isLow[what]) this.#warn(message(what === 'disk' ? 'lowDisk' : 'lowMemory', { bytes }))
      this.#isLow[what] = isLow
    }
  }
}

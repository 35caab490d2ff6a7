import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A change that writeForever.ts said was on disk. */
export interface Acknowledged {
  /** Named step, 0 for undo and redo. */
  readonly stepId: number
  /** Nuclei of the slide, and the newest entry of the log, after it. */
  readonly nuclei: number
  readonly entry: number
}

const program = fileURLToPath(new URL('writeForever.ts', import.meta.url))
// A writer's start is mostly reading its modules: kept compiled, it takes half the time.
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'karyon-writer-cache') }

/** Starts writeForever.ts ahead of need; it opens no project before it is told to work. */
export function startWriter() {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'], env })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const lines = () => said.split('\n').slice(1, -1)
  return {
    /** Lets it work on a project until it has made `changes`, and `milliseconds` more. */
    async work(path: string, changes: number, milliseconds = 0): Promise<void> {
      child.stdin.write(`${path}\n`)
      while (lines().length < changes) await once(child.stdout, 'data')
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
    },
    /** Kills it without a warning; all that it acknowledged. */
    async kill(): Promise<Acknowledged[]> {
      child.kill('SIGKILL')
      await once(child, 'close')
      return lines()
        .map((line) => line.split(' ').map(Number))
        .map(([stepId, nuclei, entry]) => ({ stepId, nuclei, entry }))
    },
  }
}

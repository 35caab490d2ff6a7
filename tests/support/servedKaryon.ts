import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ServedKaryon {
  /** Opens once. */
  readonly link: string
  /** Everything the process has printed. */
  output(): string
  close(): Promise<void>
}

const startsWithin = 60_000 // ms

/** Starts the built `karyon serve` with an empty home of its own and waits for its link. */
export async function serveKaryon(...args: string[]): Promise<ServedKaryon> {
  const home = await mkdtemp(join(tmpdir(), 'karyon-e2e-'))
  const cli = join(import.meta.dirname, '../../dist/electron/cli.js')
  const child = spawn(process.execPath, [cli, 'serve', '--project', join(home, 'review.karyon'), ...args], {
    env: { ...process.env, KARYON_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const link = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer) => {
      output += text.toString()
      const match = /https?:\/\/127\.0\.0\.1:\d+\/open\S*/.exec(output)
      if (match) resolve(match[0])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`karyon serve ended with ${code}:\n${output}`)))
    setTimeout(() => reject(new Error(`karyon serve printed no link:\n${output}`)), startsWithin).unref()
  })
  return {
    link,
    output: () => output,
    async close() {
      child.kill('SIGTERM')
      await ended
      await rm(home, { recursive: true, force: true })
    },
  }
}

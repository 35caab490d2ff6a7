import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ServedKaryon {
  /** KARYON_HOME of the process. */
  readonly home: string
  /** Opens once. */
  readonly link: string
  readonly pid: number
  /** Everything the process has printed. */
  output(): string
  close(): Promise<void>
}

const startsWithin = 60_000 // ms

/** The settings of a process's workstation. */
export const settingsOf = (home: string) => join(home, 'settings.json')

const built = (file: string) => join(import.meta.dirname, '../../dist/electron', file)

/** Starts the built `karyon serve` on a project of its own and waits for its link. */
export const serveKaryon = (...args: string[]): Promise<ServedKaryon> =>
  started((home) => [built('cli.js'), 'serve', '--project', join(home, 'review.karyon'), ...args])

/** `npm start` without arguments and without a display; `home` is kept, and empty where Karyon was never started. */
export const startKaryon = (home: string): Promise<ServedKaryon> => started(() => [built('start.js')], home)

/** A process with a home of its own: `kept`, or a new one that goes with it. */
async function started(command: (home: string) => string[], kept?: string): Promise<ServedKaryon> {
  const home = kept ?? (await mkdtemp(join(tmpdir(), 'karyon-e2e-')))
  // The first steps are shown once on each workstation; guide.spec.ts takes this back.
  if (!existsSync(settingsOf(home))) {
    mkdirSync(home, { recursive: true })
    writeFileSync(settingsOf(home), JSON.stringify({ guideSeen: true }))
  }
  const child = spawn(process.execPath, command(home), {
    env: { ...process.env, KARYON_HOME: home, DISPLAY: '', WAYLAND_DISPLAY: '' },
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
    child.once('exit', (code) => reject(new Error(`Karyon ended with ${code}:\n${output}`)))
    setTimeout(() => reject(new Error(`Karyon printed no link:\n${output}`)), startsWithin).unref()
  })
  return {
    home,
    link,
    pid: child.pid ?? 0,
    output: () => output,
    async close() {
      child.kill('SIGTERM')
      await ended
      if (kept === undefined) await rm(home, { recursive: true, force: true })
    },
  }
}

import { spawn } from 'node:child_process'
import { sibling } from '../electron/threads/index.ts'

const cli = sibling(import.meta.url, '../electron/cli')

/** Starts `karyon serve` in a separate process with KARYON_HOME = `home`, and returns the link that it prints. */
export async function serveChild(home: string, ...args: string[]): Promise<{ link: URL; close(): Promise<void> }> {
  const child = spawn(process.execPath, [cli, 'serve', ...args], {
    env: { ...process.env, KARYON_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const link = await new Promise<URL>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString()
      const match = /http:\/\/127\.0\.0\.1:\d+\/open\S*/.exec(output)
      if (match) resolve(new URL(match[0]))
    })
    child.once('exit', () => reject(new Error(`karyon serve ended: ${output}`)))
  })
  return {
    link,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

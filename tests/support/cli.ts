import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const cli = resolve(import.meta.dirname, '../../electron/cli.ts')
/** An ordinary user: root may write anywhere, and read-only folders would not be. */
const nobody = 65534

/** Runs `karyon …` from source, as its users do from the build. */
export function karyon(
  args: readonly string[],
  options: { asNobody?: boolean; env?: Record<string, string> } = {},
): Promise<CliResult> {
  const drop = options.asNobody && process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...drop,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('close', (code) => done({ code, stdout, stderr }))
  })
}

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** A new folder that anyone may read and that goes when the test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-test-'))
  chmodSync(folder, 0o755)
  folders.push(folder)
  return folder
}

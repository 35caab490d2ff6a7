import type { Command } from 'commander'
import { FailureError } from '../contract/index.ts'

/** One `karyon` verb: adds itself to the program; a promise is waited for. One file per verb. */
export type Verb = (program: Command) => unknown

/**
 * Runs a verb's work: result as JSON on stdout with --json, else `human(result)`; progress goes to stderr.
 * Exit code 0 = ok, 1 = an expected failure (its sentence on stderr, no stack trace), 2 = usage (commander).
 */
export async function run<T>(
  options: { json?: boolean },
  work: () => Promise<T>,
  human: (result: T) => string,
): Promise<void> {
  try {
    const result = await work()
    process.stdout.write((options.json ? JSON.stringify(result) : human(result)) + '\n')
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    process.stderr.write(`karyon: ${error.failure.message}\n`)
    process.exitCode = 1
  }
}

let lastLine = 0
/** A progress line on stderr: on a terminal it overwrites itself, elsewhere at most one a second. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else if (Date.now() - lastLine > 1000) {
    lastLine = Date.now()
    process.stderr.write(text + '\n')
  }
}

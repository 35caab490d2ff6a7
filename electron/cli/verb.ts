import type { Command } from 'commander'
import { FailureError, inEnglish, message, type LeftOutCount } from '../contract/index.ts'

/** One `karyon` verb: adds itself to the program; a promise is waited for. One file per verb. */
export type Verb = (program: Command) => unknown

/** An expected failure of a measurement (bench/), which speaks English alone because no user of the app meets it. */
export class MeasurementFailed extends Error {}

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
    if (!(error instanceof FailureError || error instanceof MeasurementFailed)) throw error
    process.stderr.write(`karyon: ${error.message}\n`)
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

/** Says on stderr what of a file gave no nucleus, and why. */
export function sayLeftOut(file: string, left: readonly LeftOutCount[]): void {
  if (left.length > 0) process.stderr.write(`karyon: ${inEnglish(message('leftOut', { file, left }))}\n`)
}

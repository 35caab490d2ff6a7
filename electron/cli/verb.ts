import type { Command } from 'commander'
import { FailureError, inEnglish, message, type LeftOutCount, type Message } from '../contract/index.ts'

/** A `karyon` verb: adds itself to the program. A returned promise is awaited. One file per verb. */
export type Verb = (program: Command) => unknown

/** An expected failure of a measurement (bench/). Its text is English only, because no user of the app sees it. */
export class MeasurementFailed extends Error {}

/**
 * Runs a verb's work. Prints the result on stdout, as JSON with --json, else as `human(result)`. Progress goes to
 * stderr. Exit codes: 0 = ok, 1 = an expected failure (its sentence on stderr, no stack trace), 2 = wrong usage
 * (commander).
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
/**
 * Writes a progress line to stderr. On a terminal it overwrites the last one; elsewhere at most one line per second.
 */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else if (Date.now() - lastLine > 1000) {
    lastLine = Date.now()
    process.stderr.write(text + '\n')
  }
}

/** Reports on stderr which parts of a file gave no nucleus, and why. */
export function sayLeftOut(file: string, left: readonly LeftOutCount[]): void {
  if (left.length > 0) process.stderr.write(`karyon: ${inEnglish(message('leftOut', { file, left }))}\n`)
}

/** Says on stderr how something was read, where the user should know. */
export function sayNotes(notes: readonly Message[]): void {
  for (const note of notes) process.stderr.write(`karyon: ${inEnglish(note)}\n`)
}

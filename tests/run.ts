import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { diedReport } from './support/diedReporter.ts'

/**
 * `npm test`: types, lint and format, then unit and integration tests, then end-to-end tests in a browser; at the end
 * one line that counts them all. Stops at the first stage that fails.
 *
 * Twice in some thousand test files, on a busy machine, a test process was killed by SIGSEGV; neither frequent garbage
 * collection nor checks of the heap, threads started and stopped by the thousand or dozens of runs brought it back. Such a file,
 * and no failing test, is run a second time, and the last line says so.
 */
interface Count {
  passed: number
  failed: number
  skipped: number
}
const vitestReports = ['test-reports/unit.json', 'test-reports/unit-again.json']
interface UnitReport {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
}
const playwrightReport = 'test-reports/e2e.json'

function stage(command: string, env: Record<string, string> = {}): boolean {
  process.stdout.write(`\n— ${command}\n`)
  return spawnSync(command, { shell: true, stdio: 'inherit', env: { ...process.env, ...env } }).status === 0
}

function read<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined // the stage did not run
  }
}

/** Unit and integration tests; files whose process died once more. */
function unitTests(): boolean {
  const reporters = '--reporter=default --reporter=./tests/support/diedReporter.ts --reporter=json'
  if (stage(`vitest run ${reporters} --outputFile.json=${vitestReports[0]}`)) return true
  died = read<string[]>(diedReport) ?? []
  return (
    died.length > 0 &&
    stage(`vitest run ${died.join(' ')} --reporter=default --reporter=json --outputFile.json=${vitestReports[1]}`)
  )
}

function counts(): Count[] {
  const unit = vitestReports.flatMap((path) => read<UnitReport>(path) ?? [])
  const e2e = read<{ stats: { expected: number; unexpected: number; flaky: number; skipped: number } }>(
    playwrightReport,
  )
  return [
    ...unit.map((report) => ({
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests,
    })),
    ...(e2e
      ? [{ passed: e2e.stats.expected + e2e.stats.flaky, failed: e2e.stats.unexpected, skipped: e2e.stats.skipped }]
      : []),
  ]
}

let died: string[] = []
rmSync('test-reports', { recursive: true, force: true })
const passed =
  stage('npm run --silent check') &&
  unitTests() &&
  stage('playwright test --reporter=list,json', { PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightReport })
const total = counts().reduce(
  (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
  { passed: 0, failed: 0, skipped: 0 },
)
const again = died.length > 0 ? `; run twice, for their process was killed by a signal: ${died.join(', ')}` : ''
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped${again}\n`)
process.exitCode = passed ? 0 : 1

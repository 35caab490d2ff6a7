import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

/**
 * `npm test`: types, lint and format, then unit and integration tests, then end-to-end tests in a browser; at the end
 * one line that counts them all. Stops at the first stage that fails.
 */
interface Count {
  passed: number
  failed: number
  skipped: number
}
const vitestReport = 'test-reports/unit.json'
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

function counts(): Count[] {
  const unit = read<{ numPassedTests: number; numFailedTests: number; numPendingTests: number }>(vitestReport)
  const e2e = read<{ stats: { expected: number; unexpected: number; flaky: number; skipped: number } }>(
    playwrightReport,
  )
  return [
    ...(unit ? [{ passed: unit.numPassedTests, failed: unit.numFailedTests, skipped: unit.numPendingTests }] : []),
    ...(e2e
      ? [{ passed: e2e.stats.expected + e2e.stats.flaky, failed: e2e.stats.unexpected, skipped: e2e.stats.skipped }]
      : []),
  ]
}

rmSync('test-reports', { recursive: true, force: true })
const passed =
  stage('npm run --silent check') &&
  stage(`vitest run --reporter=default --reporter=json --outputFile.json=${vitestReport}`) &&
  stage('playwright test --reporter=list,json', { PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightReport })
const total = counts().reduce(
  (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
  { passed: 0, failed: 0, skipped: 0 },
)
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = passed ? 0 : 1

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync } from 'node:fs'

/**
 * `npm test`: types, lint and format, then unit and integration tests, then end-to-end tests in a browser; at the end the
 * slowest tests and one line that counts them all. Stops at the first stage that fails.
 *
 * `npm run test:long` runs the files that have more to do where `isLong` (support/long.ts), and nothing else.
 */
const vitestReport = 'test-reports/unit.json'
const playwrightReport = 'test-reports/e2e.json'
const slowestShown = 20
const isLong = process.argv.includes('--long')

interface Done {
  /** File and title. */
  readonly name: string
  readonly seconds: number
}
interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly duration?: number | null }[]
  }[]
}
interface PlaywrightSuite {
  readonly suites?: readonly PlaywrightSuite[]
  readonly specs?: readonly {
    readonly title: string
    readonly file: string
    readonly tests: readonly { readonly results: readonly { readonly duration: number }[] }[]
  }[]
}
interface PlaywrightReport extends PlaywrightSuite {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number; skipped: number }
}

/** Runs a command and says how long it took; whether it succeeded. */
function stage(command: string, env: Record<string, string> = {}): boolean {
  process.stdout.write(`\n— ${command}\n`)
  const started = performance.now()
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit', env: { ...process.env, ...env } })
  process.stdout.write(
    `— ${status === 0 ? 'passed' : 'failed'} in ${Math.round((performance.now() - started) / 1000)} s\n`,
  )
  return status === 0
}

/** The report of a stage; undefined where it did not run. */
function read<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

const specsOf = ({ suites = [], specs = [] }: PlaywrightSuite): Done[] => [
  ...specs.map(({ file, title, tests }) => ({
    name: `${file}: ${title}`,
    seconds: tests.flatMap(({ results }) => results).reduce((sum, { duration }) => sum + duration, 0) / 1000,
  })),
  ...suites.flatMap(specsOf),
]

/** The files that ask whether the long tests run. */
const longFiles = (pattern: string): string =>
  globSync(pattern)
    .filter((file) => readFileSync(file, 'utf8').includes('support/long.ts'))
    .join(' ')

function report(): void {
  const unit = read<VitestReport>(vitestReport)
  const e2e = read<PlaywrightReport>(playwrightReport)
  const done: Done[] = [
    ...(unit?.testResults ?? []).flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ fullName, duration }) => ({
        name: `${name.slice(name.indexOf('tests/') + 'tests/'.length)}: ${fullName}`,
        seconds: (duration ?? 0) / 1000,
      })),
    ),
    ...(e2e ? specsOf(e2e) : []),
  ]
  const slowest = done.sort((a, b) => b.seconds - a.seconds).slice(0, slowestShown)
  if (slowest.length > 0) process.stdout.write(`\nThe ${slowest.length} slowest tests, in seconds:\n`)
  for (const { name, seconds } of slowest) process.stdout.write(`${seconds.toFixed(1).padStart(7)}  ${name}\n`)
  const passed = (unit?.numPassedTests ?? 0) + (e2e ? e2e.stats.expected + e2e.stats.flaky : 0)
  const failed = (unit?.numFailedTests ?? 0) + (e2e?.stats.unexpected ?? 0)
  const skipped = (unit?.numPendingTests ?? 0) + (e2e?.stats.skipped ?? 0)
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
}

rmSync('test-reports', { recursive: true, force: true })
const vitest = `vitest run --reporter=default --reporter=json --outputFile.json=${vitestReport}`
const playwright = 'playwright test --reporter=list,json'
const asked = { PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightReport, ...(isLong && { KARYON_LONG: '1' }) }
const isGood = isLong
  ? stage(`${vitest} ${longFiles('tests/**/*.test.ts')}`, asked) &&
    stage(`${playwright} ${longFiles('tests/e2e/*.spec.ts')}`, asked)
  : stage('npm run --silent check') && stage(vitest) && stage(playwright, asked)
report()
process.exitCode = isGood ? 0 : 1

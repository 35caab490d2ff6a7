import { mkdirSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

export const diedReport = 'test-reports/died.json'

/**
 * Names the test files whose process was killed by a signal before they ended (relative paths), where nothing else went wrong.
 * Native code did that, not a test: node:sqlite, sharp, onnxruntime or Node itself.
 */
export default class DiedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string; cause?: unknown }[]): void {
    const died = modules.filter((module) => module.state() === 'pending' || module.state() === 'queued')
    const isAll =
      modules.every((module) => module.state() !== 'failed') &&
      errors.every(({ cause }) =>
        /exited unexpectedly with signal SIG/.test(String((cause as Error | undefined)?.message)),
      )
    if (died.length === 0 || died.length !== errors.length || !isAll) return
    mkdirSync('test-reports', { recursive: true })
    writeFileSync(diedReport, JSON.stringify(died.map(({ moduleId }) => relative('.', moduleId))))
  }
}

import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

// Karyon's processes start in half the time when they are kept compiled.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

export default defineConfig({
  testDir: 'tests/e2e',
  globalSetup: './bin/build.js',
  outputDir: 'test-results',
  // A page mostly waits for its host, so two files at once finish sooner on two cores.
  workers: 2,
  retries: 0,
  timeout: 15 * 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  projects: [
    // Makes the searched and classified demo slide that the others copy. To run one of them again without it: --no-deps.
    { name: 'first start', testMatch: 'firstStart.spec.ts' },
    { name: 'app', testIgnore: 'firstStart.spec.ts', dependencies: ['first start'] },
  ],
})

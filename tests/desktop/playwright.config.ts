import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

/** The desktop's own tests: `npm run desktop`. They are no part of `npm test`, because few machines have what they need. */
export default defineConfig({
  testDir: '.',
  outputDir: join(import.meta.dirname, '../../test-results/desktop'),
  workers: 1,
  retries: 0,
  timeout: 5 * 60_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
})

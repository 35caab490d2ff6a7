import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Many tests start engines, hosts and command lines from source: kept compiled, such a process starts in half the time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**'],
    pool: 'forks',
    maxWorkers: 2,
    // A crowded machine takes several times as long as a quiet one; only a test that hangs is to fail by its time.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ['default'],
  },
})

// `npm test`: brings the build up to date, as browser tests run what is built, then runs all tests.
import { bringUpToDate } from './build.js'
import { underNewNode } from './node.js'

await underNewNode(async () => {
  if (bringUpToDate()) await import('../tests/run.ts')
  else process.exitCode = 1
})

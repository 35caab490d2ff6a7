#!/usr/bin/env node
// The command `karyon` in a checkout: brings the build up to date, then runs it. Plain JavaScript, because nothing is
// compiled yet after `npm ci`: packages run no scripts of their own at installation (.npmrc).
import { bringUpToDate } from './build.js'
import { underNewNode } from './node.js'

await underNewNode(async () => {
  if (bringUpToDate()) await import('../dist/electron/cli.js')
  else process.exitCode = 1
})

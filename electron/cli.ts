#!/usr/bin/env node
import { tooOldNode } from './launch/nodeVersion.ts'

const problem = tooOldNode()
if (problem === undefined) await import('./cli/program.ts')
else {
  process.stderr.write(`karyon: ${problem}\n`)
  process.exitCode = 1
}

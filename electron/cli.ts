#!/usr/bin/env node
import { nodeTooOld } from './launch/nodeVersion.ts'

const problem = nodeTooOld()
if (problem === undefined) await import('./cli/program.ts')
else {
  process.stderr.write(`karyon: ${problem}\n`)
  process.exitCode = 1
}

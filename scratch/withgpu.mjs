import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
const m = await import('../tests/support/softwareGpu.ts')
const r = spawnSync(process.execPath, process.argv.slice(2), { env: { ...process.env, ...m.softwareGpu(mkdtempSync('/tmp/sg')) }, encoding: 'utf8' })
console.log(r.stdout, r.stderr.slice(-500))

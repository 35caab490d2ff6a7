import { rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build } from 'electron-builder'
import { fetchedElectron } from './fetchElectron.ts'

/**
 * `node tests/desktop/pack.ts [folder]` packs the built Karyon around the old Electron for tests, by the product's own
 * configuration. That Electron lacks one of the fuses, so none is set. Prints the folder of the packed app.
 */
const electron = fetchedElectron()
if (!electron) throw new Error('The Electron for tests is missing: node tests/desktop/fetchElectron.ts')
const output = resolve(process.argv[2] ?? 'release/test')
rmSync(output, { recursive: true, force: true })
await build({
  dir: true,
  publish: 'never',
  projectDir: join(import.meta.dirname, '../..'),
  config: {
    extends: 'electron-builder.yml',
    electronDist: dirname(electron),
    electronVersion: '25.1.1',
    directories: { output },
    electronFuses: null,
  },
})
// The starter of the Electron for tests is no part of Karyon.
rmSync(join(output, 'linux-unpacked/resources/app'), { recursive: true })
process.stdout.write(`Packed: ${join(output, 'linux-unpacked')}\n`)

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the data sets lie: beside the checkout, never in it. */
const root = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const announced = new Set<string>()

/** Path of a data folder or a file in it: dataFolder('slides'), dataFolder('consep/train'). It may not exist. */
export const dataFolder = (name: string): string => `${root}/${name}`

/**
 * Whether a data folder (or file) is there; says so on stderr where it is not. For describe.skipIf(!hasData('slides')).
 */
export function hasData(name: string): boolean {
  if (existsSync(dataFolder(name))) return true
  if (!announced.has(name))
    process.stderr.write(`Skipped: tests that need ../shared/data/${name}, which is not beside this checkout.\n`)
  announced.add(name)
  return false
}

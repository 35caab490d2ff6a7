import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FailureError, message } from '../contract/index.ts'
import { installation } from './installation.ts'

/** The detector used if none is named. */
export const defaultDetectorId = 'he-nuclei'

/**
 * Returns the folder of a detector, given a folder or the id of a built-in detector. Throws FailureError 'not-found', or
 * 'invalid-input' if the folder is a classifier's.
 */
export async function findDetector(idOrFolder: string = defaultDetectorId): Promise<string> {
  if (existsSync(join(idOrFolder, 'detector.json'))) return resolve(idOrFolder)
  const { builtInDetectors } = installation()
  const builtIn = join(builtInDetectors, idOrFolder)
  if (/^[\w.-]+$/.test(idOrFolder) && existsSync(join(builtIn, 'detector.json'))) return builtIn
  if (existsSync(join(idOrFolder, 'model.json')))
    throw new FailureError('invalid-input', message('modelForDetector', { path: idOrFolder }))
  const known = await readdir(builtInDetectors).catch(() => [])
  throw new FailureError('not-found', message('detectorChoice', { known, given: idOrFolder }))
}

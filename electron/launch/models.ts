import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FailureError, message } from '../contract/index.ts'
import { installation } from './installation.ts'

/** The model that is used by default. */
export const defaultModelId = 'he-classes'

/**
 * Returns the folder of a model, given a folder or the id of a built-in model. Throws FailureError 'not-found', or
 * 'invalid-input' if the folder is a detector's.
 */
export async function findModel(idOrFolder: string = defaultModelId): Promise<string> {
  if (existsSync(join(idOrFolder, 'model.json'))) return idOrFolder
  const builtIn = join(installation().builtInModels, idOrFolder)
  if (/^[\w.-]+$/.test(idOrFolder) && existsSync(join(builtIn, 'model.json'))) return builtIn
  if (existsSync(join(idOrFolder, 'detector.json')))
    throw new FailureError('invalid-input', message('detectorForModel', { path: idOrFolder }))
  const known = await readdir(installation().builtInModels).catch(() => [])
  throw new FailureError('not-found', message('modelChoice', { known, given: idOrFolder }))
}

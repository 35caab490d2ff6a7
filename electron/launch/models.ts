import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FailureError, message } from '../contract/index.ts'
import { installation } from './installation.ts'

/** The model used where nobody names one. */
export const defaultModelId = 'consep-tiny'

/** A model folder by path, or a built-in one by id. */
export async function findModel(idOrFolder: string = defaultModelId): Promise<string> {
  if (existsSync(join(idOrFolder, 'model.json'))) return idOrFolder
  const builtIn = join(installation().builtInModels, idOrFolder)
  if (/^[\w.-]+$/.test(idOrFolder) && existsSync(join(builtIn, 'model.json'))) return builtIn
  const known = await readdir(installation().builtInModels).catch(() => [])
  throw new FailureError('not-found', message('modelChoice', { known, given: idOrFolder }))
}

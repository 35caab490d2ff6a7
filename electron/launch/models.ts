import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'
import { FailureError } from '../contract/index.ts'

/** The model used where nobody names one. */
export const defaultModelId = 'consep-tiny'

/** The folder that holds package.json: sources and build lie at different depths. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

export const builtInModelsFolder = (): string => join(packageRoot(), 'resources', 'models')

/** A model folder by path, or a built-in one by id. */
export async function findModel(idOrFolder: string = defaultModelId): Promise<string> {
  if (existsSync(join(idOrFolder, 'model.json'))) return idOrFolder
  const builtIn = join(builtInModelsFolder(), idOrFolder)
  if (/^[\w.-]+$/.test(idOrFolder) && existsSync(join(builtIn, 'model.json'))) return builtIn
  const known = await readdir(builtInModelsFolder()).catch(() => [])
  throw new FailureError(
    'not-found',
    `A model must be a folder with model.json or one of the built-in ids (${known.join(', ') || 'none installed'}); got "${idOrFolder}".`,
  )
}

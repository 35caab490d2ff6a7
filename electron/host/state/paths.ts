import { existsSync, mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FailureError, systemFailure } from '../../contract/index.ts'

/** Returns the folder for data kept outside the project file. It is beside the file, so that both move together. */
const beside = (project: string, what: string) => join(dirname(project), `${projectName(project)}-${what}`)

export const projectName = (project: string): string => basename(project).replace(/\.karyon$/i, '')

/** Returns the path of the engine's token cache for one slide. The engine makes its folder. The cache can be rebuilt. */
export const tokenFile = (project: string, slideId: number): string =>
  join(tokenFolder(project), `slide-${slideId}.tokens`)

/** Returns the folder of a project's token caches. */
export const tokenFolder = (project: string): string => beside(project, 'tokens')

/** Returns the folder of the models that are trained in a project. */
export const modelsFolder = (project: string): string => beside(project, 'models')

/** Returns a path that does not exist yet, for a model to be trained. The folder's name is the model's id. */
export function newModelFolder(project: string): string {
  const folder = modelsFolder(project)
  makeFolder(folder)
  for (let n = 1; ; n++) {
    const path = join(folder, `${projectName(project)}-${n}`)
    if (!existsSync(path)) return path
  }
}

/** Returns the checkpoint from which an interrupted pre-training continues. */
export function pretrainingCheckpoint(project: string): string {
  const folder = modelsFolder(project)
  makeFolder(folder)
  return join(folder, 'pretraining.checkpoint')
}

/** Returns `name.extension` in `folder`, numbered if that exists: exports overwrite nothing unasked. */
export function newFile(folder: string, name: string, extension: string): string {
  for (let n = 1; ; n++) {
    const path = join(folder, `${name}${n === 1 ? '' : `-${n}`}.${extension}`)
    if (!existsSync(path)) return path
  }
}

export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    const failure = systemFailure(error, { do: 'makeFolder', path })
    throw failure ? FailureError.of(failure) : error
  }
}

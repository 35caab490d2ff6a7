import { existsSync, mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FailureError, systemFailure } from '../../contract/index.ts'

/** Where a project keeps what does not go into its file. All lie beside it and move with it. */
const beside = (project: string, what: string) => join(dirname(project), `${projectName(project)}-${what}`)

export const projectName = (project: string): string => basename(project).replace(/\.karyon$/i, '')

/** The engine's rebuildable token cache of one slide. */
export function tokenFile(project: string, slideId: number): string {
  const folder = beside(project, 'tokens')
  makeFolder(folder)
  return join(folder, `slide-${slideId}.tokens`)
}

/** A folder that is not there yet for a model to be trained. Its name is the model's id. */
export function newModelFolder(project: string): string {
  const folder = beside(project, 'models')
  makeFolder(folder)
  for (let n = 1; ; n++) {
    const path = join(folder, `${projectName(project)}-${n}`)
    if (!existsSync(path)) return path
  }
}

/** What an interrupted pre-training goes on from. */
export function pretrainingCheckpoint(project: string): string {
  const folder = beside(project, 'models')
  makeFolder(folder)
  return join(folder, 'pretraining.checkpoint')
}

/** `name.extension` in `folder`, numbered where that is taken: exports overwrite nothing unasked. */
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

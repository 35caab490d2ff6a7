import { readdir, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { FailureError, isPathBelow, message, systemFailure, type Message } from '../../contract/index.ts'

/** A folder of the worker that cannot be used now and may come back: the job waits, and is no failure. */
export class FolderAway extends Error {
  readonly said: Message
  constructor(path: string) {
    super(path)
    this.said = message('cohortFolderAway', { path })
  }
}

const isInside = (root: string, path: string): boolean => {
  const way = relative(root, path)
  return way !== '' && !isAbsolute(way) && way.split(sep)[0] !== '..'
}

/**
 * Returns the real path of a slide below the folder of slides, and its size in bytes, or null for a folder. Throws
 * FailureError 'invalid-input' if it leaves the folder, itself or by a symbolic link, also one in a slide's own folder;
 * 'not-found' if it is missing. Throws FolderAway if the folder of slides is missing or empty: a share that is not there.
 */
export async function slideInside(root: string, slide: string): Promise<{ path: string; bytes: number | null }> {
  const leaves = () => new FailureError('invalid-input', message('cohortPathLeaves', { slide }))
  if (!isPathBelow(slide)) throw leaves()
  const realRoot = await realpath(root).catch(() => undefined)
  const held = realRoot === undefined ? [] : await readdir(realRoot).catch(() => [])
  if (realRoot === undefined || held.length === 0) throw new FolderAway(root)
  const path = join(realRoot, ...slide.split('/'))
  try {
    const real = await realpath(path)
    if (!isInside(realRoot, real)) throw leaves()
    const found = await stat(real)
    if (!found.isDirectory()) return { path: real, bytes: found.size }
    for (const entry of await readdir(real, { withFileTypes: true }))
      if (entry.isSymbolicLink() && !isInside(realRoot, await realpath(join(real, entry.name)))) throw leaves()
    return { path: real, bytes: null }
  } catch (error) {
    const failure = systemFailure(error, { do: 'openSlide', path })
    throw failure ? FailureError.of(failure) : error
  }
}

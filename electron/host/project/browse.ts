import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { FailureError, isAnnotationFile, systemFailure } from '../../contract/index.ts'
import { isOpenable, mayHoldSlide } from '../../slides/index.ts'

const isProject = (name: string) => /\.karyon$/i.test(name)

export interface Listing {
  readonly folder: string
  readonly parent: string | null
  /** True if the folder itself may be a slide: a series of DICOM files. */
  readonly openable: boolean
  readonly entries: { name: string; path: string; isFolder: boolean; openable: boolean }[]
}

/**
 * Lists a folder's visible entries, folders first. `what` decides which files are openable. Throws FailureError if the
 * folder cannot be read.
 */
export async function browse(folder = homedir(), what: 'slides' | 'projects' = 'slides'): Promise<Listing> {
  const opens = what === 'projects' ? isProject : (name: string) => isOpenable(name) || isAnnotationFile(name)
  const path = resolve(folder)
  try {
    const entries = await readdir(path, { withFileTypes: true })
    const parent = dirname(path)
    return {
      folder: path,
      parent: parent === path ? null : parent,
      openable: what === 'slides' && (await mayHoldSlide(path)),
      entries: entries
        .filter((entry) => !entry.name.startsWith('.'))
        .map((entry) => ({
          name: entry.name,
          path: join(path, entry.name),
          isFolder: entry.isDirectory(),
          openable: !entry.isDirectory() && opens(entry.name),
        }))
        .sort(
          (a, b) => Number(b.isFolder) - Number(a.isFolder) || a.name.localeCompare(b.name, 'en', { numeric: true }),
        ),
    }
  } catch (error) {
    const failure = systemFailure(error, { do: 'listFolder', path })
    throw failure ? FailureError.of(failure) : error
  }
}

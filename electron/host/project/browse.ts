import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { annotationEndings, FailureError, systemFailure } from '../../contract/index.ts'
import { mayHoldSlide, openableExtensions } from '../../slides/index.ts'

/** What a file is chosen for. */
export type Browsed = 'slides' | 'nuclei' | 'projects'
/** Of label images, in which each nucleus has a number of its own. */
const labelImageEndings = ['.png', '.tif', '.tiff']
const once = (endings: readonly string[]) => [...new Set(endings)].sort()
/** Endings of the files that may be chosen, lower case with the dot. When one is opened, its bytes decide. */
const endingsOf: Readonly<Record<Browsed, readonly string[]>> = {
  slides: once(openableExtensions),
  nuclei: once([...annotationEndings, ...labelImageEndings]),
  projects: ['.karyon'],
}

export interface Listing {
  readonly folder: string
  readonly parent: string | null
  /** True if the folder itself may be a slide: a series of DICOM files. */
  readonly openable: boolean
  /** Endings of the files that are openable, lower case with the dot. */
  readonly endings: string[]
  readonly entries: { name: string; path: string; isFolder: boolean; openable: boolean }[]
}

/**
 * Lists a folder's visible entries, folders first. `what` decides which files are openable. Throws FailureError if the
 * folder cannot be read.
 */
export async function browse(folder = homedir(), what: Browsed = 'slides'): Promise<Listing> {
  const endings = endingsOf[what]
  const opens = (name: string) => {
    // Other tools' files of nuclei may be packed.
    const plain = what === 'nuclei' ? name.toLowerCase().replace(/\.gz$/, '') : name.toLowerCase()
    return endings.some((ending) => plain.endsWith(ending))
  }
  const path = resolve(folder)
  try {
    const entries = await readdir(path, { withFileTypes: true })
    const parent = dirname(path)
    return {
      folder: path,
      parent: parent === path ? null : parent,
      openable: what === 'slides' && (await mayHoldSlide(path)),
      endings: [...endings],
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

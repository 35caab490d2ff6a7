import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FailureError, systemFailure } from '../contract/index.ts'
import { mayHoldSlide } from './dicom/folder.ts'
import { isOpenable } from './formats/openable.ts'

/**
 * Returns the paths of the slides of a folder in the order of their names, numbers by value, and the number of folders in it
 * that are none. `deep` also looks into those, and counts none. Names decide; nothing is opened but to tell a DICOM slide.
 * Throws FailureError if the folder cannot be read.
 */
export async function slidesIn(folder: string, { deep = false } = {}): Promise<{ paths: string[]; folders: number }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const failure = systemFailure(error, { do: 'listFolder', path: folder })
    throw failure ? FailureError.of(failure) : error
  })
  const visible = entries.filter(({ name }) => !name.startsWith('.'))
  // The files of a DICOM series are one slide, which is the folder.
  const isSeries = await mayHoldSlide(folder)
  const paths = isSeries ? [folder] : []
  let folders = 0
  for (const entry of visible.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))) {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) {
      if (isOpenable(entry.name) && !(isSeries && /\.dcm$/i.test(entry.name))) paths.push(path)
    } else if (await mayHoldSlide(path)) paths.push(path)
    else if (deep) paths.push(...(await slidesIn(path, { deep })).paths)
    else folders++
  }
  return { paths, folders }
}

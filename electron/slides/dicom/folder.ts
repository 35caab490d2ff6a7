import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FailureError, message } from '../../contract/index.ts'
import { openSlideFile } from '../source/file.ts'
import { isDicom, readInstance, type Instance } from './instance.ts'

/** A slide has about ten files. A folder of many thousands is an archive, not a slide. */
const maxFiles = 2000

/** Returns the slide images in a folder, with their files open. Skips damaged files and files of other kinds. */
async function instancesIn(folder: string, isWanted: (instance: Instance) => boolean): Promise<Instance[]> {
  const names = (await readdir(folder)).sort().slice(0, maxFiles)
  const instances: Instance[] = []
  for (const name of names) {
    const file = await openSlideFile(join(folder, name)).catch(skipFailure)
    if (!file) continue
    const instance = isDicom(file.head) ? await readInstance(file).catch(skipFailure) : null
    if (instance && isWanted(instance)) instances.push(instance)
    else await file.close()
  }
  return instances
}

function skipFailure(error: unknown): null {
  if (error instanceof FailureError) return null
  throw error
}

/** Number of files to look at: enough to recognise a folder of DICOM files even if others come first. */
const maxFilesToProbe = 16

/** Returns whether one of the first files in a folder is DICOM. Then the folder may be a slide; opening it decides. */
export async function mayHoldSlide(folder: string): Promise<boolean> {
  for (const name of (await readdir(folder)).sort().slice(0, maxFilesToProbe)) {
    const file = await openSlideFile(join(folder, name)).catch(skipFailure)
    await file?.close()
    if (file && isDicom(file.head)) return true
  }
  return false
}

/** Returns the other files of an instance's series in its folder, open. */
export const otherFilesOfSeries = (instance: Instance): Promise<Instance[]> =>
  instance.seriesUid === ''
    ? Promise.resolve([])
    : instancesIn(
        dirname(instance.file.path),
        ({ seriesUid, file }) => seriesUid === instance.seriesUid && file.path !== instance.file.path,
      )

/**
 * Returns a file by which to open the only DICOM slide in a folder; null if `path` is not a folder or holds none.
 * Throws FailureError 'invalid-input' if it holds several.
 */
export async function slideInFolder(path: string): Promise<string | null> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false, // opening the path reports why
  )
  if (!isFolder) return null
  const instances = await instancesIn(path, ({ flavour }) => flavour === 'VOLUME').catch(() => [])
  await Promise.all(instances.map(({ file }) => file.close()))
  const series = new Set(instances.map(({ seriesUid }) => seriesUid))
  if (series.size > 1) throw new FailureError('invalid-input', message('folderOfSlides', { path, slides: series.size }))
  return instances[0]?.file.path ?? null
}

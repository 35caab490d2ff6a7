import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FailureError } from '../../contract/index.ts'
import { openSlideFile } from '../source/file.ts'
import { isDicom, readInstance, type Instance } from './instance.ts'

/** A slide has some ten files; a folder of many thousand is an archive, not a slide. */
const maxFiles = 2000

/** The images of slides in a folder, their files open. Damaged and foreign files are passed over. */
async function instancesIn(folder: string, isWanted: (instance: Instance) => boolean): Promise<Instance[]> {
  const names = (await readdir(folder)).sort().slice(0, maxFiles)
  const instances: Instance[] = []
  for (const name of names) {
    const file = await openSlideFile(join(folder, name)).catch(passOver)
    if (!file) continue
    const instance = isDicom(file.head) ? await readInstance(file).catch(passOver) : null
    if (instance && isWanted(instance)) instances.push(instance)
    else await file.close()
  }
  return instances
}

function passOver(error: unknown): null {
  if (error instanceof FailureError) return null
  throw error
}

/** Enough to tell a folder of DICOM files, whatever lies in front of them. */
const maxGlance = 16

/** Whether one of the first files in a folder is DICOM: it may then be opened as a slide, which tells whether it is one. */
export async function mayHoldSlide(folder: string): Promise<boolean> {
  for (const name of (await readdir(folder)).sort().slice(0, maxGlance)) {
    const file = await openSlideFile(join(folder, name)).catch(passOver)
    await file?.close()
    if (file && isDicom(file.head)) return true
  }
  return false
}

/** The other files of an instance's series that lie beside it, open. */
export const restOfSeries = (instance: Instance): Promise<Instance[]> =>
  instance.seriesUid === ''
    ? Promise.resolve([])
    : instancesIn(
        dirname(instance.file.path),
        ({ seriesUid, file }) => seriesUid === instance.seriesUid && file.path !== instance.file.path,
      )

/**
 * A file by which to open the one DICOM slide in a folder; null where `path` is no folder or holds none. Fails with
 * 'invalid-input' where it holds several.
 */
export async function slideInFolder(path: string): Promise<string | null> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false, // opening it says why
  )
  if (!isFolder) return null
  const instances = await instancesIn(path, ({ flavour }) => flavour === 'VOLUME').catch(() => [])
  await Promise.all(instances.map(({ file }) => file.close()))
  const series = new Set(instances.map(({ seriesUid }) => seriesUid))
  if (series.size > 1)
    throw new FailureError(
      'invalid-input',
      `The folder ${path} holds ${series.size} DICOM slides; choose a file of the one to open.`,
    )
  return instances[0]?.file.path ?? null
}

import { stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, posix } from 'node:path'
import { fileBytes } from '../files/fileBytes.ts'
import type { Place } from './dataImage.ts'
import { isPicture, look, stemOf } from './place.ts'

const isAnnotationFolder = (name: string) => /^annotations?$/i.test(name)
/** A folder with more JSON files than this has one per picture, and none of them speaks of all. */
const mostCandidates = 100
/** A file that has not named both lists within so many bytes is not looked at further. */
const mostBytes = 64 * 2 ** 20

/**
 * The COCO files of a place, by content: "coco.json" alone where there is one, else every JSON in the folder or in its
 * annotations/ with the lists "images" and "annotations" (Roboflow's _annotations.coco.json, CVAT's
 * annotations/instances_default.json, Label Studio's result.json); or the place itself.
 */
export async function cocoFiles(place: Place): Promise<string[]> {
  if (!place.isFolder) return /\.json$/i.test(place.path) && (await isCoco(place.path)) ? [place.path] : []
  if (place.files.includes('coco.json')) return [join(place.path, 'coco.json')]
  const inside = place.folders.find(isAnnotationFolder)
  const found: string[] = []
  for (const { path, files } of [place, ...(inside === undefined ? [] : [await look(join(place.path, inside))])]) {
    const pictures = new Set(files.filter(isPicture).map(stemOf))
    const candidates = files.filter((f) => /\.json$/i.test(f) && !pictures.has(stemOf(f)))
    if (candidates.length > mostCandidates) continue
    for (const file of candidates) if (await isCoco(join(path, file))) found.push(join(path, file))
  }
  return found
}

async function isCoco(path: string): Promise<boolean> {
  let before = ''
  let bytes = 0
  const wanted = new Set([/"images"\s*:\s*\[/, /"annotations"\s*:\s*\[/])
  for await (const chunk of fileBytes(path)) {
    const text = before + chunk.toString('latin1')
    if (bytes === 0 && !/^(\u00ef\u00bb\u00bf)?\s*\{/.test(text)) return false
    for (const list of wanted) if (list.test(text)) wanted.delete(list)
    if (wanted.size === 0) return true
    before = text.slice(-100)
    bytes += chunk.length
    if (bytes > mostBytes) return false
  }
  return false
}

/** The folder whose pictures and labels a COCO file speaks of. */
export function rootOf(file: string): string {
  const folder = dirname(file)
  return isAnnotationFolder(basename(folder)) ? dirname(folder) : folder
}

/** As the file names it, with / and without what only says "here". */
export const plainName = (fileName: string): string => posix.normalize(fileName.replaceAll('\\', '/'))

/**
 * Finds pictures by the names a COCO file gives them: in images/, beside the file, in the folder of its part
 * (instances_train.json: train/ or images/train/), or as given. Where there is none: where it should be.
 */
export function pictureFinder(file: string): (fileName: string) => Promise<{ path: string; isThere: boolean }> {
  const root = rootOf(file)
  const part = /^instances_(.+)\.json$/i.exec(basename(file))?.[1]
  const folders = [
    join(root, 'images'),
    root,
    dirname(file),
    ...(part === undefined ? [] : [join(root, 'images', part), join(root, part)]),
  ]
  return async (fileName) => {
    const name = plainName(fileName)
    const paths = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))
    for (const path of paths) if (await isFile(path)) return { path, isThere: true }
    return { path: paths[0], isThere: false }
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  )

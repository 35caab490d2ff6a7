import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, posix } from 'node:path'
import { fileBytes } from '../files/fileBytes.ts'
import type { Place } from './dataImage.ts'
import { isPicture, look, stemOf } from './place.ts'

const isAnnotationFolder = (name: string) => /^annotations?$/i.test(name)
/** A folder with more JSON files has one per picture, and none that lists all pictures. */
const maxCandidates = 100
/** A file is not COCO's if both lists have not begun within this many bytes. */
const maxBytes = 64 * 2 ** 20

/**
 * Returns the paths of a place's COCO files. If the place is a file, that is the file itself if it is COCO's. In a
 * folder it is "coco.json" alone if there is one, else every JSON file in it or its annotations/ that has the lists
 * "images" and "annotations". This finds Roboflow's _annotations.coco.json, CVAT's annotations/instances_default.json
 * and Label Studio's result.json.
 */
export async function cocoFiles(place: Place): Promise<string[]> {
  if (!place.isFolder) return /\.json$/i.test(place.path) && (await isCoco(place.path)) ? [place.path] : []
  if (place.files.includes('coco.json')) return [join(place.path, 'coco.json')]
  const inside = place.folders.find(isAnnotationFolder)
  const found: string[] = []
  for (const { path, files } of [place, ...(inside === undefined ? [] : [await look(join(place.path, inside))])]) {
    const pictures = new Set(files.filter(isPicture).map(stemOf))
    const candidates = files.filter((f) => /\.json$/i.test(f) && !pictures.has(stemOf(f)))
    if (candidates.length > maxCandidates) continue
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
    if (bytes > maxBytes) return false
  }
  return false
}

/** Returns the folder that holds the pictures and labels of a COCO file. */
export function rootOf(file: string): string {
  const folder = dirname(file)
  return isAnnotationFolder(basename(folder)) ? dirname(folder) : folder
}

/** Returns a picture's name in a COCO file with / for \ and without ./ */
export const plainName = (fileName: string): string => posix.normalize(fileName.replaceAll('\\', '/'))

export interface FoundPicture {
  readonly path: string
  readonly isThere: boolean
  /** True if it was found by its base name alone, because the file names a place that is not here. */
  readonly byBaseName: boolean
}

/** Returns the base name of a picture in a COCO file: of a path of any system, or of Label Studio's address "…/?d=a/b.jpg". */
const baseName = (fileName: string): string => fileName.split(/[\\/]/).at(-1)!.replace(/^\?d=/, '')
/** Label Studio puts eight hexadecimal digits before the name of an uploaded picture. */
const uploadMark = /^[0-9a-f]{8}-(?=.)/

/**
 * Returns a function that finds a picture by its name in a COCO file. It looks in images/, beside the file, and in the
 * folder of the file's part (train/ or images/train/ for instances_train.json). An absolute path is taken as it is. If
 * the picture is at none of these places, because the set was moved or the tool wrote a path of its own, it is the one
 * file of its base name in images/ or beside the file. If there is none, the first path that was looked at is returned.
 */
export function pictureFinder(file: string): (fileName: string) => Promise<FoundPicture> {
  const root = rootOf(file)
  const part = /^instances_(.+)\.json$/i.exec(basename(file))?.[1]
  const folders = [
    join(root, 'images'),
    root,
    dirname(file),
    ...(part === undefined ? [] : [join(root, 'images', part), join(root, part)]),
  ]
  let byName: Promise<Map<string, string[]>> | undefined
  return async (fileName) => {
    const name = plainName(fileName)
    const paths = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))
    for (const path of paths) if (await isFile(path)) return { path, isThere: true, byBaseName: false }
    const files = await (byName ??= picturesByName([...new Set(folders)]))
    const own = baseName(fileName)
    const names = [own, decoded(own), own.replace(uploadMark, '')]
    for (const candidate of names) {
      const found = files.get(candidate.toLowerCase()) ?? []
      if (found.length === 1) return { path: found[0], isThere: true, byBaseName: true }
    }
    return { path: paths[0], isThere: false, byBaseName: false }
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** Returns the pictures in the folders, and in folders of images/, by name in lower case. */
async function picturesByName(folders: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, Set<string>>()
  for (const [i, folder] of folders.entries()) {
    const names = await readdir(folder, { recursive: i === 0 }).catch(() => [])
    for (const name of names.filter(isPicture)) {
      const key = basename(name).toLowerCase()
      found.set(key, (found.get(key) ?? new Set()).add(join(folder, name)))
    }
  }
  return new Map([...found].map(([name, paths]) => [name, [...paths]]))
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  )

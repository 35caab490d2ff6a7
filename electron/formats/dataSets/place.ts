import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import {
  FailureError,
  meanMpp,
  message,
  systemFailure,
  unwrap,
  type RgbImage,
  type Message,
} from '../../contract/index.ts'
import { isOpenable, openSlide } from '../../slides/index.ts'
import { limiter } from '../../slides/read/limit.ts'
import type { Place } from './dataImage.ts'

/** Sorts names by the numbers in them: train_2 before train_10. */
const byNumber = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true }) || (a < b ? -1 : 1)

/** Lists the files and folders at `path`, without hidden ones. Throws the system's refusal as FailureError. */
export async function look(path: string): Promise<Place> {
  try {
    if (!(await stat(path)).isDirectory()) return { path, isFolder: false, files: [], folders: [] }
    const entries = (await readdir(path, { withFileTypes: true })).filter((e) => !e.name.startsWith('.'))
    const isFolder = await Promise.all(
      entries.map(async (e) =>
        e.isSymbolicLink()
          ? stat(join(path, e.name)).then(
              (s) => s.isDirectory(),
              () => false,
            )
          : e.isDirectory(),
      ),
    )
    const names = (wanted: boolean) =>
      entries
        .filter((_, i) => isFolder[i] === wanted)
        .map((e) => e.name)
        .sort(byNumber)
    return { path, isFolder: true, files: names(false), folders: names(true) }
  } catch (error) {
    const failure = systemFailure(error, { do: 'listFolder', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
}

export const isPicture = isOpenable
/** Returns a file name without folder and extension. */
export const stemOf = (file: string): string => parse(file).name

/**
 * Returns a name for each picture that no other has: its file name without folder and extension. If that is not unique,
 * the folder is added; if still not, the extension too.
 */
export function namesApart(files: readonly string[]): string[] {
  const withFolder = (file: string) => file.slice(0, file.length - parse(file).ext.length)
  const [stems, paths] = [files.map(stemOf), files.map(withFolder)]
  const once = (names: readonly string[]) => {
    const counts = new Map<string, number>()
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
    return (i: number) => counts.get(names[i]) === 1
  }
  const [isStemOnce, isPathOnce] = [once(stems), once(paths)]
  return files.map((file, i) => (isStemOnce(i) ? stems[i] : isPathOnce(i) ? paths[i] : file))
}

/** Returns size and µm/px (null if the file does not say it) of a picture or slide. Pixels are not read. */
export async function describePicture(path: string): Promise<{ width: number; height: number; mpp: number | null }> {
  const reader = unwrap(await openSlide(path))
  const { width, height, mpp } = reader.info
  await reader.close()
  return { width, height, mpp: mpp && meanMpp(mpp) }
}

/** An image with more pixels is a slide, which must be read region by region. */
const maxPixels = 120e6

export async function pixelsOf(path: string): Promise<RgbImage> {
  const reader = unwrap(await openSlide(path))
  try {
    const { width, height } = reader.info
    if (width * height > maxPixels)
      throw new FailureError('unsupported', message('pictureTooLarge', { path, size: [width, height] }))
    return await reader.region({ x: 0, y: 0, width, height }, width, height)
  } finally {
    await reader.close()
  }
}

/** Runs `work` on every item, four at a time. Returns the results in the order of the items. */
export function onEach<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const limit = limiter(4)
  return Promise.all(items.map((item, i) => limit(() => work(item, i))))
}

/**
 * Pairs each picture with the annotation file of the same name without extension. Throws FailureError 'invalid-input'
 * that names the files without a partner.
 */
export function paired(
  pictures: Place,
  annotations: Place,
  isAnnotation: (file: string) => boolean,
  what: Message,
): { name: string; picture: string; annotation: string }[] {
  const images = new Map(pictures.files.filter(isPicture).map((f) => [stemOf(f), f]))
  const others = new Map(annotations.files.filter(isAnnotation).map((f) => [stemOf(f), f]))
  const alone = (a: Map<string, string>, b: Map<string, string>) => [...a.keys()].filter((k) => !b.has(k))
  const without = [alone(images, others), alone(others, images)]
  if (without[0].length + without[1].length > 0)
    throw new FailureError(
      'invalid-input',
      message('unpaired', {
        pictures: pictures.path,
        annotations: annotations.path,
        what,
        counts: [images.size, others.size],
        withoutAnnotation: without[0],
        withoutPicture: without[1],
      }),
    )
  return [...images].map(([name, file]) => ({
    name,
    picture: join(pictures.path, file),
    annotation: join(annotations.path, others.get(name)!),
  }))
}

import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { FailureError, message, systemFailure, unwrap, type RgbImage, type Message } from '../../contract/index.ts'
import { isOpenable, openSlide } from '../../slides/index.ts'
import { limiter } from '../../slides/read/limit.ts'
import type { Place } from './dataImage.ts'

/** train_2 before train_10. */
const byCount = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true }) || (a < b ? -1 : 1)

/** What stands at `path`. Fails as the system says. */
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
        .sort(byCount)
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
 * A name for each picture: its file's without folder and ending; with what tells it apart where others have the same.
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

/** Size and µm/px (null where the file does not say) of a picture or slide, without its pixels. */
export async function describePicture(path: string): Promise<{ width: number; height: number; mpp: number | null }> {
  const reader = unwrap(await openSlide(path))
  const { width, height, mpp } = reader.info
  await reader.close()
  return { width, height, mpp: mpp && Math.sqrt(mpp.x * mpp.y) }
}

/** An image with more pixels is a slide, which is read region by region. */
const mostPixels = 120e6

export async function pixelsOf(path: string): Promise<RgbImage> {
  const reader = unwrap(await openSlide(path))
  try {
    const { width, height } = reader.info
    if (width * height > mostPixels)
      throw new FailureError('unsupported', message('pictureTooLarge', { path, size: [width, height] }))
    return await reader.region({ x: 0, y: 0, width, height }, width, height)
  } finally {
    await reader.close()
  }
}

/** `work` on every item, a few at a time, results in order. */
export function onEach<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const limit = limiter(4)
  return Promise.all(items.map((item, i) => limit(() => work(item, i))))
}

/**
 * The annotation file of each picture, by the same name without ending. Fails with 'invalid-input' where one has no
 * partner, naming it.
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

export const some = (names: readonly string[]): string =>
  names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '')

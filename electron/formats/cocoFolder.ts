import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FailureError, systemFailure } from '../contract/index.ts'

/** One labelled picture of a data set. */
export interface DataImage {
  /** File name without folder and extension, as --tiles names it. */
  readonly name: string
  readonly path: string
  readonly width: number
  readonly height: number
  /** µm per pixel; null where the data set does not say. */
  readonly mpp: number | null
  /** xmin, ymin, xmax, ymax per nucleus, pixels. */
  readonly boxes: Float32Array
  /** Index into DataSet.classes. */
  readonly classIndex: Uint16Array
  /** Instance map whose value for nucleus i is instance[i], where there is one. */
  readonly labelMap?: string
  readonly instance: Uint32Array
}
export interface DataSet {
  readonly folder: string
  readonly classes: readonly string[]
  readonly images: readonly DataImage[]
  /** Records that were left out, and why. */
  readonly skipped: readonly { readonly reason: string; readonly count: number }[]
}

const cocoSchema = z.object({
  categories: z.array(z.object({ id: z.number(), name: z.string().min(1) })).min(1),
  images: z.array(
    z.object({
      id: z.number(),
      file_name: z.string().min(1),
      width: z.number(),
      height: z.number(),
      mpp: z.number().positive().optional(),
    }),
  ),
  annotations: z.array(
    z.object({
      image_id: z.number(),
      category_id: z.number(),
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      label: z.number().optional(),
    }),
  ),
})

/** Reads `images/ + labels/ + coco.json` (boxes x, y, width, height; categories; µm/px as `mpp` per image). */
export async function readCocoFolder(folder: string): Promise<DataSet> {
  const file = join(folder, 'coco.json')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const isFolder = await stat(folder)
      .then((s) => s.isDirectory())
      .catch(() => false)
    if (isFolder)
      throw new FailureError(
        'not-found',
        `A data folder must hold images/ and coco.json with the nuclei's boxes and classes; ${folder} has no coco.json.`,
      )
    const failure = systemFailure(error, `read the data folder ${folder}`)
    if (failure) throw new FailureError(failure.kind, failure.message)
    throw error
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new FailureError('unreadable', `${file} must be JSON, but it is not (cut short, perhaps).`)
  }
  const result = cocoSchema.safeParse(parsed)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new FailureError(
      'unreadable',
      `${file} is not a COCO file of boxes: "${issue.path.join('.')}" ${issue.message}.`,
    )
  }
  const { categories, images, annotations } = result.data
  const classOf = new Map(categories.map((c, i) => [c.id, i]))
  const byImage = new Map<number, typeof annotations>(images.map((image) => [image.id, []]))
  const skipped = new Map<string, number>()
  const skip = (reason: string) => void skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
  const size = new Map(images.map((image) => [image.id, image]))
  for (const annotation of annotations) {
    const list = byImage.get(annotation.image_id)
    const image = size.get(annotation.image_id)
    const [x, y, w, h] = annotation.bbox
    if (!list || !image) skip('its image is not in the file')
    else if (!classOf.has(annotation.category_id)) skip('its category is not in the file')
    else if (!(w > 0 && h > 0)) skip('its box has no area')
    else if (x >= image.width || y >= image.height || x + w <= 0 || y + h <= 0) skip('its box lies outside the image')
    else list.push(annotation)
  }
  if (images.length === 0 || [...byImage.values()].every((list) => list.length === 0))
    throw new FailureError('empty', `${file} labels no nucleus. Check that its annotations name its images.`)
  return {
    folder,
    classes: categories.map((c) => c.name),
    images: images.map((image) => {
      const list = byImage.get(image.id)!
      return {
        name: image.file_name.replace(/\.[^.]*$/, ''),
        path: join(folder, 'images', image.file_name),
        width: image.width,
        height: image.height,
        mpp: image.mpp ?? null,
        boxes: Float32Array.from(list.flatMap(({ bbox: [x, y, w, h] }) => [x, y, x + w, y + h])),
        classIndex: Uint16Array.from(list, (a) => classOf.get(a.category_id)!),
        labelMap: join(folder, 'labels', image.file_name),
        instance: Uint32Array.from(list, (a) => a.label ?? 0),
      }
    }),
    skipped: [...skipped].map(([reason, count]) => ({ reason, count })),
  }
}

/**
 * Images by `--tiles`: names separated by commas; with a leading ! those are left out. A name matches the whole file
 * name or what stands after its last underscore ("3" for train_3). Fails where a name matches nothing.
 */
export function selectTiles(data: DataSet, tiles: string | undefined): DataSet {
  if (!tiles) return data
  const negative = tiles.startsWith('!')
  const wanted = (negative ? tiles.slice(1) : tiles)
    .split(',')
    .map((t) => t.trim())
    .filter(Boolean)
  const matches = (name: string, tile: string) => name === tile || name.slice(name.lastIndexOf('_') + 1) === tile
  const missing = wanted.filter((tile) => !data.images.some((image) => matches(image.name, tile)))
  if (wanted.length === 0 || missing.length > 0)
    throw new FailureError(
      'invalid-input',
      `--tiles must name images of ${data.folder}; it has none named "${missing.join('", "')}".`,
    )
  return {
    ...data,
    images: data.images.filter((image) => wanted.some((tile) => matches(image.name, tile)) !== negative),
  }
}

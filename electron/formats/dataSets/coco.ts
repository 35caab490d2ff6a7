import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FailureError, systemFailure } from '../../contract/index.ts'
import { Skips } from '../skips.ts'
import type { DataImage, DataSetReader, Outlines } from './dataImage.ts'
import { instancesOf, outlinesOf } from './instanceMap.ts'
import { readMask } from './maskImage.ts'
import { pixelsOf, stemOf } from './place.ts'

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
      /** Polygons as flat x, y lists; COCO's other form, run lengths, is not an outline. */
      segmentation: z.unknown().optional(),
    }),
  ),
})
type Annotation = z.infer<typeof cocoSchema>['annotations'][number]

/** `images/ + coco.json`: boxes x, y, width, height; categories; µm/px as `mpp` per image; outlines as polygons or in labels/. */
export const coco: DataSetReader = {
  name: 'COCO folder',
  form: 'images/ + coco.json (boxes and classes)',
  detect: ({ files }) => files.includes('coco.json'),
  async open({ path: folder, folders }) {
    const file = join(folder, 'coco.json')
    const { categories, images, annotations } = await parse(file)
    const classOf = new Map(categories.map((c, i) => [c.id, i]))
    const byImage = new Map<number, Annotation[]>(images.map((image) => [image.id, []]))
    const skips = new Skips()
    const size = new Map(images.map((image) => [image.id, image]))
    for (const annotation of annotations) {
      const list = byImage.get(annotation.image_id)
      const image = size.get(annotation.image_id)
      const [x, y, w, h] = annotation.bbox
      if (!list || !image) skips.add('their image is not in the file')
      else if (!classOf.has(annotation.category_id)) skips.add('their category is not in the file')
      else if (!(w > 0 && h > 0)) skips.add('their box has no area')
      else if (x >= image.width || y >= image.height || x + w <= 0 || y + h <= 0)
        skips.add('their box lies outside the image')
      else list.push(annotation)
    }
    if (images.length === 0 || [...byImage.values()].every((list) => list.length === 0))
      throw new FailureError('empty', `${file} labels no nucleus. Check that its annotations name its images.`)
    return {
      path: folder,
      format: 'COCO folder',
      classes: categories.map((c) => c.name),
      images: images.map((image): DataImage => {
        const list = byImage.get(image.id)!
        const path = join(folder, 'images', image.file_name)
        return {
          name: stemOf(image.file_name),
          path,
          width: image.width,
          height: image.height,
          mpp: image.mpp ?? null,
          boxes: Float32Array.from(list.flatMap(({ bbox: [x, y, w, h] }) => [x, y, x + w, y + h])),
          classIndex: Int16Array.from(list, (a) => classOf.get(a.category_id)!),
          outlines: () =>
            outlinesIn(list, folders.includes('labels') ? join(folder, 'labels', image.file_name) : undefined),
          pixels: () => pixelsOf(path),
        }
      }),
      skipped: skips.list(),
      notes: [],
    }
  },
}

async function parse(file: string) {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const failure = systemFailure(error, `read ${file}`)
    if (failure) throw FailureError.of(failure)
    throw new FailureError('unreadable', `${file} must be JSON, but it is not (cut short, perhaps).`)
  }
  const result = cocoSchema.safeParse(parsed)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new FailureError(
    'unreadable',
    `${file} is not a COCO file of boxes: "${issue.path.join('.')}" ${issue.message}.`,
  )
}

/** Polygons where every nucleus has one, else the instance map where every nucleus names its label in it. */
function outlinesIn(list: readonly Annotation[], labelMap: string | undefined): Promise<Outlines> | undefined {
  const polygons = list.map((a) => largestPolygon(a.segmentation))
  if (polygons.every((p) => p !== undefined)) return Promise.resolve(polygons)
  if (labelMap === undefined || list.some((a) => !a.label)) return undefined
  return (async () => {
    const map = await readMask(labelMap)
    const instances = instancesOf(map)
    const outlines = new Map(outlinesOf(map, instances).map((outline, i) => [instances.value[i], outline]))
    return list.map(({ label, bbox: [x, y, w, h] }) => outlines.get(label!) ?? [x, y, x + w, y, x + w, y + h, x, y + h])
  })()
}

/** A nucleus in several pieces is as its largest; by the number of points, for pieces are cut along straight lines. */
function largestPolygon(segmentation: unknown): number[] | undefined {
  const polygons = z.array(z.array(z.number()).min(6)).min(1).safeParse(segmentation)
  return polygons.success ? polygons.data.reduce((a, b) => (b.length > a.length ? b : a)) : undefined
}

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { FailureError, message, systemFailure, issueMessage, type LeftOut } from '../../contract/index.ts'
import { Skips } from '../annotations/skips.ts'
import { boxOfRunLengths } from './runLengths.ts'

const id = z.union([z.number(), z.string().min(1)]).transform(String)
/** A positive number, which may be written as text. Anything else is read as 0, as if it were not given. */
const numberOrZero = z
  .preprocess((v) => (typeof v === 'string' && v.trim() ? Number(v) : v), z.number().positive())
  .catch(0)

const fileSchema = z.object({
  images: z.array(z.unknown()),
  annotations: z.array(z.unknown()),
  categories: z.array(z.unknown()).nullish(),
})
const categorySchema = z.object({ id, name: z.union([z.string().min(1), z.number().transform(String)]) })
const imageSchema = z.object({
  id,
  file_name: z.string().min(1),
  width: numberOrZero,
  height: numberOrZero,
  mpp: numberOrZero,
})
const annotationSchema = z.object({
  image_id: id,
  category_id: id.nullish().catch(undefined),
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional().catch(undefined),
  iscrowd: numberOrZero,
  /** Number of the nucleus in the instance map of its image. */
  label: numberOrZero,
  /** Polygons as flat x, y lists, or run lengths. */
  segmentation: z.unknown().optional(),
})

/** Width, height (px) and mpp (µm/px) are 0 if the file does not give them. */
export type CocoImage = z.infer<typeof imageSchema>
export interface CocoNucleus {
  /** xmin, ymin, xmax, ymax */
  readonly box: readonly [number, number, number, number]
  /** Name of its category; undefined if the file has no categories. */
  readonly className: string | undefined
  /** Its number in the instance map of its image; 0 = none. */
  readonly label: number
  readonly segmentation: unknown
}
export interface CocoRecords {
  readonly classes: readonly string[]
  readonly images: readonly CocoImage[]
  /** Nuclei by the id of their image. */
  readonly nuclei: ReadonlyMap<string, readonly CocoNucleus[]>
  /** Counts of the nuclei that were left out. */
  readonly skips: Skips
  /** Number of image records that were left out. */
  readonly oddImages: number
}

/**
 * Reads a COCO file. Records that cannot be used are left out and counted. Throws FailureError 'unreadable' if the file
 * is not COCO's, or the system's refusal.
 */
export async function cocoRecords(file: string): Promise<CocoRecords> {
  const json = await parse(file)
  const categories = (json.categories ?? []).flatMap((c) => categorySchema.safeParse(c).data ?? [])
  const nameOf = new Map(categories.map((c) => [c.id, c.name]))
  const images = new Map<string, CocoImage>()
  for (const record of json.images) {
    const { data } = imageSchema.safeParse(record)
    if (data && !images.has(data.id)) images.set(data.id, data)
  }
  const skips = new Skips()
  const nuclei = new Map([...images.keys()].map((key): [string, CocoNucleus[]] => [key, []]))
  for (const record of json.annotations) {
    const { data } = annotationSchema.safeParse(record)
    const image = data && images.get(data.image_id)
    if (!data) skips.add('noImage')
    else if (!image) skips.add('unknownImage')
    else if (data.iscrowd > 0) skips.add('crowds')
    else if (nameOf.size > 0 && !nameOf.has(data.category_id ?? '')) skips.add('unknownCategory')
    else {
      const box = boxOf(data)
      if (typeof box === 'string') skips.add(box)
      else if (isOutside(box, image)) skips.add('boxOutside')
      else {
        const { label, segmentation, category_id: category } = data
        const className = nameOf.get(category ?? '')
        nuclei.get(image.id)!.push({ box, className, label, segmentation })
      }
    }
  }
  return {
    classes: [...new Set(categories.map((c) => c.name))],
    images: [...images.values()],
    nuclei,
    skips,
    oddImages: json.images.length - images.size,
  }
}

async function parse(file: string): Promise<z.infer<typeof fileSchema>> {
  let parsed: unknown
  try {
    parsed = JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''))
  } catch (error) {
    const failure = systemFailure(error, { do: 'readFile', path: file })
    if (failure) throw FailureError.of(failure)
    throw new FailureError('unreadable', message('fileNotJson', { file }))
  }
  const result = fileSchema.safeParse(parsed)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new FailureError('unreadable', message('cocoNot', { file, issue: issueMessage(issue) }))
}

/** Returns the box of an annotation, else the bounds of its outline, else the reason why it has no box. */
function boxOf({ bbox, segmentation }: z.infer<typeof annotationSchema>): CocoNucleus['box'] | LeftOut {
  if (!bbox) return boxOfPolygons(segmentation) ?? boxOfRunLengths(segmentation) ?? 'noBox'
  const [x, y, w, h] = bbox
  return w > 0 && h > 0 ? [x, y, x + w, y + h] : 'boxNoArea'
}

function boxOfPolygons(segmentation: unknown): CocoNucleus['box'] | undefined {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const polygon of polygonsOf(segmentation))
    for (const [k, v] of polygon.entries()) {
      box[k & 1] = Math.min(box[k & 1], v)
      box[2 + (k & 1)] = Math.max(box[2 + (k & 1)], v)
    }
  return box[2] > box[0] && box[3] > box[1] ? box : undefined
}

/** Returns true if no part of the box is on the image. Right and bottom are not checked if its size is unknown. */
const isOutside = ([x0, y0, x1, y1]: CocoNucleus['box'], { width, height }: CocoImage): boolean =>
  (width > 0 && x0 >= width) || (height > 0 && y0 >= height) || x1 <= 0 || y1 <= 0

const polygonSchema = z.array(z.array(z.number()).min(6)).min(1)

/** Returns the polygons of a segmentation as flat x, y lists, or none if it has another form. */
export const polygonsOf = (segmentation: unknown): number[][] => polygonSchema.safeParse(segmentation).data ?? []

import { z } from 'zod'
import { FailureError, message, type LeftOut } from '../../contract/index.ts'
import { Skips } from '../annotations/skips.ts'
import { jsonParts } from '../files/jsonParts.ts'
import { boxOfRunLengths } from './runLengths.ts'

const id = z.union([z.number(), z.string().min(1)]).transform(String)
/** A positive number, which may be written as text. Anything else is read as 0, as if it were not given. */
const numberOrZero = z
  .preprocess((v) => (typeof v === 'string' && v.trim() ? Number(v) : v), z.number().positive())
  .catch(0)

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
  if (json.images.length === 0 && json.annotations.length === 0)
    throw new FailureError('unreadable', message('cocoNot', { file }))
  const categories = json.categories.flatMap((c) => categorySchema.safeParse(c).data ?? [])
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
    // COCO wants a number where there is no class. Karyon's exports have 0, which no category of theirs has.
    else if (nameOf.size > 0 && data.category_id !== '0' && !nameOf.has(data.category_id ?? ''))
      skips.add('unknownCategory')
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

interface CocoLists {
  readonly images: unknown[]
  readonly annotations: unknown[]
  readonly categories: unknown[]
}

/** Reads the lists of a COCO file element by element, because the text of a large file is longer than a string may be. */
async function parse(file: string): Promise<CocoLists> {
  const lists: CocoLists = { images: [], annotations: [], categories: [] }
  for await (const parts of jsonParts(file, ['$.images[]', '$.annotations[]', '$.categories[]']))
    for (const { at, value } of parts) {
      const name = /^\$\.(\w+)\[\]$/.exec(at)?.[1]
      if (name !== undefined) lists[name as keyof CocoLists].push(value)
    }
  return lists
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

/**
 * Returns the polygons of a segmentation as flat x, y lists, or none if it has another form. A part that is no polygon is
 * left out alone.
 */
export function polygonsOf(segmentation: unknown): number[][] {
  if (!Array.isArray(segmentation)) return []
  // Some tools write the only polygon without the list around it.
  const parts: unknown[] = segmentation.every((v) => typeof v === 'number') ? [segmentation] : segmentation
  return parts.filter(
    (part): part is number[] =>
      Array.isArray(part) && part.length >= 6 && part.length % 2 === 0 && part.every((v) => Number.isFinite(v)),
  )
}

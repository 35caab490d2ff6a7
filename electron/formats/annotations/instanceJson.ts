import { basename } from 'node:path'
import { z } from 'zod'
import { attempt, FailureError, type Result, message } from '../../contract/index.ts'
import { jsonParts } from '../files/jsonParts.ts'
import { FoundDetections, type Detections } from './detections.ts'
import type { Importer, ReadAnnotations, SlideSize } from './importer.ts'
import { NucleusColumns } from './nucleusColumns.ts'
import { Skips } from './skips.ts'

/** One nucleus of HoVer-Net's or CellViT's JSON; pixels of the picture. */
export interface InstanceRecord {
  readonly centroid?: readonly [number, number]
  /** Flat x, y, not closed; at least three points. */
  readonly ring?: readonly number[]
  /** xmin, ymin, xmax, ymax */
  readonly box?: readonly [number, number, number, number]
  /** The type's name where the file gives one, else its number as text; absent where it has no type. */
  readonly className?: string
  readonly probability?: number
}

const pair = z.tuple([z.number(), z.number()]).rest(z.unknown())
const recordSchema = z.object({
  bbox: z.tuple([pair, pair]).nullish(),
  centroid: pair.nullish(),
  contour: z.array(pair).nullish(),
  type: z.union([z.number(), z.string()]).nullish(),
  type_prob: z.number().nullish(),
})

const isFinitePair = ([x, y]: readonly unknown[]) => Number.isFinite(x) && Number.isFinite(y)

/**
 * Whether a file's first characters are those of such a file: {"mag": …, "nuc": {…}} or {"wsi_metadata": …, "cells":
 * […]}.
 */
export const isInstanceJson = (head: string): boolean =>
  /^\s*\{[^{]{0,200}"nuc"\s*:\s*\{/.test(head) ||
  /^\s*\{\s*"(wsi_metadata|processed_patches|type_map|cells)"\s*:/.test(head)

/**
 * The nuclei of HoVer-Net's JSON (`nuc`: number → bbox [[rmin, cmin], [rmax, cmax]], centroid, contour, type, type_prob)
 * or of CellViT's (`cells`: a list of the same, with a `type_map` of names), in batches as they are read; undefined for
 * an entry that is no nucleus. Coordinates as they stand: both count from pixel centres, half a pixel from our corners,
 * which no result depends on.
 *
 * @throws FailureError empty, unreadable (not JSON), or as the system says
 */
export async function* instanceRecords(path: string): AsyncGenerator<(InstanceRecord | undefined)[]> {
  const names: Record<string, string> = {}
  for await (const parts of jsonParts(path, ['$.nuc.*', '$.cells.*', '$.type_map.*'])) {
    const batch: (InstanceRecord | undefined)[] = []
    for (const { value, key } of parts) {
      // The map of names holds texts, the lists hold objects.
      if (typeof value === 'string') names[String(key)] = value
      else batch.push(recordOf(value, names))
    }
    if (batch.length) yield batch
  }
}

function recordOf(value: unknown, names: Readonly<Record<string, string>>): InstanceRecord | undefined {
  const parsed = recordSchema.safeParse(value)
  if (!parsed.success) return undefined
  const { bbox, centroid, contour, type, type_prob: probability } = parsed.data
  const ring = contour?.every(isFinitePair) && contour.length >= 3 ? contour.flatMap(([x, y]) => [x, y]) : undefined
  const type1 = type === null || type === undefined ? undefined : String(type)
  return {
    centroid: centroid && isFinitePair(centroid) ? [centroid[0], centroid[1]] : undefined,
    ring,
    box: bbox ? [bbox[0][1], bbox[0][0], bbox[1][1], bbox[1][0]] : ring && boundsOf(ring),
    className: type1 === undefined ? undefined : (names[type1] ?? type1),
    probability: probability ?? undefined,
  }
}

function boundsOf(ring: readonly number[]): [number, number, number, number] {
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let k = 0; k < ring.length; k++) {
    bounds[k & 1] = Math.min(bounds[k & 1], ring[k])
    bounds[2 + (k & 1)] = Math.max(bounds[2 + (k & 1)], ring[k])
  }
  return bounds
}

/**
 * Nuclei with outlines from HoVer-Net's or CellViT's JSON. Entries without a contour are counted and left out; a file
 * that lists no nucleus gives none. Fails with 'empty' (nuclei, but no outline), 'invalid-input' (none on this slide),
 * 'unreadable' (not JSON), or as the system says.
 */
function readInstanceJson(path: string, slideSize: SlideSize): Promise<Result<ReadAnnotations>> {
  return attempt(async () => {
    const skips = new Skips()
    const columns = new NucleusColumns(slideSize)
    let entries = 0
    let outside = 0
    for await (const batch of instanceRecords(path))
      for (const record of batch) {
        entries++
        if (!record?.ring || !record.box) skips.add('noContour')
        else {
          const [x, y] = [(record.box[0] + record.box[2]) / 2, (record.box[1] + record.box[3]) / 2]
          if (x < 0 || y < 0 || x > slideSize.width || y > slideSize.height) outside++
          else columns.add({ ring: record.ring, className: record.className })
        }
      }
    skips.add('outsideSlide', outside)
    const name = basename(path)
    if (columns.count === 0 && outside > 0)
      throw new FailureError(
        'invalid-input',
        message('noneOnSlide', {
          file: name,
          nuclei: outside,
          slide: [slideSize.width, slideSize.height],
          span: null,
        }),
      )
    if (columns.count === 0 && entries > 0) throw new FailureError('empty', message('noContours', { file: name }))
    return { classified: columns.finish(), skipped: skips.list() }
  })
}

/** Of HoVer-Net's and CellViT's JSON. */
async function instanceDetections(path: string): Promise<Detections> {
  const found = new FoundDetections()
  for await (const batch of instanceRecords(path))
    for (const record of batch) {
      if (record?.centroid) found.add(record.centroid[0], record.centroid[1], record.className)
      else if (record?.ring) found.addRing(record.ring, record.className)
      else if (record?.box) {
        const [x0, y0, x1, y1] = record.box
        found.add((x0 + x1) / 2, (y0 + y1) / 2, record.className)
      } else found.skips.add('noPlace')
    }
  return found.finish()
}

export const instanceJsonImport: Importer = {
  name: 'HoVer-Net or CellViT JSON',
  extensions: ['.json', '.json.gz'],
  detect: (_, head) => isInstanceJson(head),
  read: readInstanceJson,
  detections: instanceDetections,
}

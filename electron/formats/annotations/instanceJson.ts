import { basename } from 'node:path'
import { z } from 'zod'
import { attempt, FailureError, type Result, message } from '../../contract/index.ts'
import { jsonParts } from '../files/jsonParts.ts'
import { FoundDetections, type Detections } from './detections.ts'
import type { Importer, ReadAnnotations, SlideSize } from './importer.ts'
import { NucleusColumns } from './nucleusColumns.ts'
import { Skips } from './skips.ts'

/** One nucleus of HoVer-Net's or CellViT's JSON. Coordinates are pixels of the picture. */
export interface InstanceRecord {
  readonly centroid?: readonly [number, number]
  /** Flat list x, y, x, y … of at least three points; the first is not repeated at the end. */
  readonly ring?: readonly number[]
  /** xmin, ymin, xmax, ymax */
  readonly box?: readonly [number, number, number, number]
  /** Name of the type, or its number as text if the file gives no names; absent if the nucleus has no type. */
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
 * Returns true if a text begins like HoVer-Net's or CellViT's JSON: {"mag": …, "nuc": {…}} or {"wsi_metadata": …,
 * "cells": […]}.
 */
export const isInstanceJson = (head: string): boolean =>
  /^\s*\{[^{]{0,200}"nuc"\s*:\s*\{/.test(head) ||
  /^\s*\{\s*"(wsi_metadata|processed_patches|type_map|cells)"\s*:/.test(head)

/**
 * Yields the nuclei of HoVer-Net's or CellViT's JSON in batches as they are read, with undefined for an entry that is
 * no nucleus. HoVer-Net's `nuc` maps a number to bbox [[rmin, cmin], [rmax, cmax]], centroid, contour, type and
 * type_prob. CellViT's `cells` is a list of the same, and `type_map` names the types. Coordinates are taken as they
 * are: both tools count from pixel centres, we from pixel corners, and no result depends on this half pixel.
 *
 * @throws FailureError 'empty', 'unreadable' (not JSON), or the system's refusal
 */
export async function* instanceRecords(path: string): AsyncGenerator<(InstanceRecord | undefined)[]> {
  const names: Record<string, string> = {}
  for await (const parts of jsonParts(path, ['$.nuc.*', '$.cells.*', '$.type_map.*'])) {
    const batch: (InstanceRecord | undefined)[] = []
    for (const { value, key } of parts) {
      // Texts are names of types; nuclei are objects.
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
  const typeText = type === null || type === undefined ? undefined : String(type)
  return {
    centroid: centroid && isFinitePair(centroid) ? [centroid[0], centroid[1]] : undefined,
    ring,
    box: bbox ? [bbox[0][1], bbox[0][0], bbox[1][1], bbox[1][0]] : ring && boundsOf(ring),
    className: typeText === undefined ? undefined : (names[typeText] ?? typeText),
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
 * Reads nuclei with outlines from HoVer-Net's or CellViT's JSON. Entries without a contour are left out and counted. A
 * file that lists no nuclei is accepted. Fails with 'empty' (nuclei, but none with an outline), 'invalid-input' (all
 * outside this slide), 'unreadable' (not JSON), or the system's refusal.
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

/** Reads detections from HoVer-Net's or CellViT's JSON: centroids, or the middle of the outline or box. */
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

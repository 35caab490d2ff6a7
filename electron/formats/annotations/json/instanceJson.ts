import { z } from 'zod'
import { jsonParts } from '../../files/jsonParts.ts'
import { outlineOf } from '../geometry.ts'
import type { FileRecord, Importer } from '../importer.ts'

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

/** A batch of nuclei, with undefined for an entry that is none, and the names of types that came with it. */
export interface InstanceBatch {
  readonly nuclei: readonly (InstanceRecord | undefined)[]
  readonly names: ReadonlyMap<string, string>
}

/**
 * Yields the nuclei of HoVer-Net's or CellViT's JSON in batches as they are read. HoVer-Net's `nuc` maps a number to
 * bbox [[rmin, cmin], [rmax, cmax]], centroid, contour, type and type_prob. CellViT's `cells` is a list of the same. Its
 * `type_map` names the types and may stand after the cells, so a nucleus has its type's number: {"0": "neoplastic"}
 * (CellViT++), or {"Neoplastic": 1} (CellViT). Coordinates are taken as they are: both tools count from pixel centres,
 * we from pixel corners, and no result depends on this half pixel.
 *
 * @throws FailureError 'empty', 'unreadable' (not JSON), or the system's refusal
 */
export async function* instanceBatches(path: string): AsyncGenerator<InstanceBatch> {
  for await (const parts of jsonParts(path, ['$.nuc.*', '$.nuc[]', '$.cells[]', '$.cells.*', '$.type_map.*'])) {
    const nuclei: (InstanceRecord | undefined)[] = []
    const names = new Map<string, string>()
    for (const { at, value, key } of parts) {
      if (at === '$.type_map.*') {
        if (typeof value === 'string') names.set(String(key), value)
        else if (typeof value === 'number') names.set(String(value), String(key))
      } else if (at !== '$end') nuclei.push(recordOf(value))
    }
    if (nuclei.length > 0 || names.size > 0) yield { nuclei, names }
  }
}

function recordOf(value: unknown): InstanceRecord | undefined {
  const parsed = recordSchema.safeParse(value)
  if (!parsed.success) return undefined
  const { bbox, centroid, contour, type, type_prob: probability } = parsed.data
  const ring = contour?.every(isFinitePair) && contour.length >= 3 ? contour.flatMap(([x, y]) => [x, y]) : undefined
  return {
    centroid: centroid && isFinitePair(centroid) ? [centroid[0], centroid[1]] : undefined,
    ring,
    box: bbox ? [bbox[0][1], bbox[0][0], bbox[1][1], bbox[1][0]] : ring && boundsOf(ring),
    className: type === null || type === undefined ? undefined : String(type),
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

async function* records(path: string): AsyncGenerator<FileRecord[]> {
  for await (const { nuclei, names } of instanceBatches(path))
    yield [...(names.size > 0 ? [{ names }] : []), ...nuclei.map(fileRecord)]
}

function fileRecord(record: InstanceRecord | undefined): FileRecord {
  if (!record) return { reason: 'noPlace' }
  const { ring, box, centroid, className } = record
  if (!ring && !box && !centroid) return { reason: 'noPlace' }
  const centre = centroid ?? (box && [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
  return { outline: ring ? outlineOf([...ring]) : { reason: 'noContour', count: 1 }, centre, className }
}

export const instanceJsonImport: Importer = {
  name: 'HoVer-Net or CellViT JSON',
  endings: ['.json'],
  detect: (_, head) => isInstanceJson(head),
  records,
}

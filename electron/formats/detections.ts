import { basename } from 'node:path'
import { unwrap } from '../contract/index.ts'
import { readAnnotations } from './annotationReaders.ts'
import type { SlideSize } from './annotationReader.ts'
import { centroidAndArea } from './csv.ts'
import { fileHead } from './fileBytes.ts'
import { geoJsonFeatures } from './geojsonFeatures.ts'
import { outerRing } from './geojsonGeometry.ts'
import { classOf, objectTypeOf } from './geojsonProperties.ts'
import { instanceRecords, isInstanceJson } from './instanceJson.ts'
import { Skips, type Skipped } from './skips.ts'

/** What another system found on a picture: where, and of which class. Pixels. */
export interface Detections {
  /** x, y per nucleus. */
  readonly centroids: Float64Array
  /** Class as the file names it (HoVer-Net: its number), undefined where it has none. */
  readonly className: readonly (string | undefined)[]
  readonly skipped: readonly Skipped[]
}

class Found {
  readonly centroids: number[] = []
  readonly className: (string | undefined)[] = []
  readonly skips = new Skips()
  add(x: number, y: number, className: string | undefined): void {
    this.centroids.push(x, y)
    this.className.push(className)
  }
  addRing(ring: readonly number[], className: string | undefined): void {
    const { x, y } = centroidAndArea(Float32Array.from(ring), 0, ring.length / 2)
    this.add(x, y, className)
  }
  finish(): Detections {
    return {
      centroids: Float64Array.from(this.centroids),
      className: this.className,
      skipped: this.skips.list(),
    }
  }
}

/**
 * Detections of another system: HoVer-Net's and CellViT's JSON, CellViT's GeoJSON (one feature per class: many points or
 * many polygons), QuPath's GeoJSON. A file without a detection is an answer too: none found. Fails with FailureError:
 * 'unsupported', 'unreadable', or as the system says.
 */
export async function readDetections(path: string, size: SlideSize): Promise<Detections> {
  const head = await fileHead(path)
  if (isInstanceJson(head)) return fromRecords(path)
  if (/^\s*(\[\s*\]|\{\s*"type"\s*:\s*"FeatureCollection"\s*,\s*"features"\s*:\s*\[\s*\]\s*\})\s*$/.test(head))
    return new Found().finish()
  if (/"type"\s*:\s*"(MultiPoint|MultiPolygon|Point)"/.test(head)) return fromCollections(path)
  const { classified, skipped } = unwrap(await readAnnotations(path, size))
  const { nuclei, classes, classIndex } = classified
  const found = new Found()
  for (let i = 0; i < nuclei.count; i++) {
    const c = centroidAndArea(nuclei.outline, nuclei.outlineStart[i], nuclei.outlineStart[i + 1])
    found.add(c.x + nuclei.origin[0], c.y + nuclei.origin[1], classes[classIndex[i]]?.name)
  }
  for (const { reason, count } of skipped) found.skips.add(reason, count)
  return found.finish()
}

async function fromRecords(path: string): Promise<Detections> {
  const found = new Found()
  for await (const batch of instanceRecords(path))
    for (const record of batch) {
      if (record?.centroid) found.add(record.centroid[0], record.centroid[1], record.className)
      else if (record?.ring) found.addRing(record.ring, record.className)
      else if (record?.box) {
        const [x0, y0, x1, y1] = record.box
        found.add((x0 + x1) / 2, (y0 + y1) / 2, record.className)
      } else found.skips.add(`entries of ${basename(path)} without centroid, contour or box`)
    }
  return found.finish()
}

/** Features that each hold all nuclei of a class; where the file says that one is a single object, it is a divided one. */
async function fromCollections(path: string): Promise<Detections> {
  const found = new Found()
  for await (const batch of geoJsonFeatures(path))
    for (const feature of batch) {
      const { geometry, properties } = Object(feature) as { geometry?: unknown; properties?: unknown }
      const { type, coordinates } = Object(geometry) as { type?: unknown; coordinates?: unknown }
      const { className } = classOf(properties)
      const isOne = /^(detection|cell)$/.test(objectTypeOf(Object(feature) as Record<string, unknown>))
      const parts =
        type === 'Point' || type === 'Polygon' ? [coordinates] : Array.isArray(coordinates) ? coordinates : []
      for (const part of parts as unknown[]) {
        if (type === 'MultiPoint' || type === 'Point') {
          const [x, y] = Array.isArray(part) ? (part as unknown[]) : []
          if (typeof x === 'number' && typeof y === 'number') found.add(x, y, className)
          else found.skips.add('points without coordinates')
          continue
        }
        const outline = outerRing(isOne ? geometry : { type: 'Polygon', coordinates: part })
        if ('ring' in outline) found.addRing(outline.ring, className)
        else found.skips.add(outline.reason, outline.count)
        if (isOne) break
      }
    }
  return found.finish()
}

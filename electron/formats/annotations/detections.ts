import { basename } from 'node:path'
import { centroidAndArea } from './csv.ts'
import { outerRing } from './geojsonGeometry.ts'
import { nucleusFeatures } from './geojsonNuclei.ts'
import { classOf } from './geojsonProperties.ts'
import { instanceRecords } from './instanceJson.ts'
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
  /** With what was left out elsewhere in the file. */
  finish(others = new Skips()): Detections {
    for (const { reason, count } of others.list()) this.skips.add(reason, count)
    return {
      centroids: Float64Array.from(this.centroids),
      className: this.className,
      skipped: this.skips.list(),
    }
  }
}

/** Of HoVer-Net's and CellViT's JSON. */
export async function instanceDetections(path: string): Promise<Detections> {
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

/** Of CellViT's and QuPath's GeoJSON: points, or the middles of outlines. */
export async function geoJsonDetections(path: string): Promise<Detections> {
  const [detections, annotations] = [new Found(), new Found()]
  for await (const batch of nucleusFeatures(path))
    for (const feature of batch) {
      if ('reason' in feature) {
        detections.skips.add(feature.reason)
        continue
      }
      const { geometry, properties, isAnnotation } = feature
      const found = isAnnotation ? annotations : detections
      const { className } = classOf(properties)
      const points = pointsOf(geometry)
      const outline = points ? undefined : outerRing(geometry)
      if (outline && 'ring' in outline) found.addRing(outline.ring, className)
      else if (outline) found.skips.add(outline.reason, outline.count)
      for (const point of points ?? [])
        if (isPoint(point)) found.add(point[0], point[1], className)
        else found.skips.add('points without coordinates')
    }
  if (detections.className.length === 0) return annotations.finish(detections.skips)
  annotations.skips.add('annotations beside detections (regions, not nuclei)', annotations.className.length)
  return detections.finish(annotations.skips)
}

const isPoint = (point: unknown): point is [number, number] =>
  Array.isArray(point) && Number.isFinite(point[0]) && Number.isFinite(point[1])

/** The points of a Point or MultiPoint; undefined for a geometry of another kind. */
function pointsOf(geometry: unknown): unknown[] | undefined {
  const { type, coordinates } = Object(geometry) as { type?: unknown; coordinates?: unknown }
  if (type === 'Point') return [coordinates]
  return type === 'MultiPoint' && Array.isArray(coordinates) ? (coordinates as unknown[]) : undefined
}

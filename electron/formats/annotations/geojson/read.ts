import { basename } from 'node:path'
import { attempt, FailureError, type ClassifiedNuclei, type Result, message } from '../../../contract/index.ts'
import { FoundDetections, type Detections } from '../detections.ts'
import type { Importer, ReadAnnotations, SlideSize } from '../importer.ts'
import { Skips } from '../skips.ts'
import { outerRing } from './geometry.ts'
import { nucleusFeatures, type NucleusFeature, type OtherFeature } from './nuclei.ts'
import { classOf, predictionOf } from './properties.ts'
import { NucleusColumns } from '../nucleusColumns.ts'

/** Bounds of all outlines in the file. If none is on the slide, the failure tells where they are. */
class Bounds {
  xmin = Infinity
  ymin = Infinity
  xmax = -Infinity
  ymax = -Infinity
  /** Adds a flat ring. Returns the middle of the ring's bounds. */
  add(ring: readonly number[]): { x: number; y: number } {
    let [xmin, ymin, xmax, ymax] = [Infinity, Infinity, -Infinity, -Infinity]
    for (let k = 0; k < ring.length; k += 2) {
      xmin = Math.min(xmin, ring[k])
      xmax = Math.max(xmax, ring[k])
      ymin = Math.min(ymin, ring[k + 1])
      ymax = Math.max(ymax, ring[k + 1])
    }
    this.xmin = Math.min(this.xmin, xmin)
    this.ymin = Math.min(this.ymin, ymin)
    this.xmax = Math.max(this.xmax, xmax)
    this.ymax = Math.max(this.ymax, ymax)
    return { x: (xmin + xmax) / 2, y: (ymin + ymax) / 2 }
  }
}

/**
 * Reads nuclei with their classes from GeoJSON by QuPath, CellViT or Karyon: a FeatureCollection, a list or a single
 * feature, plain or gzip. From our own exports it also reads probabilities and labels. The file is streamed: memory
 * grows with the number of nuclei, not with the length of the text. The nucleus of a cell is read, not the cell's
 * outline. Outlines that are partly outside the slide are not cut.
 *
 * Every record and every part of an outline that is left out is counted under a reason. A file that lists no nuclei is
 * accepted. Fails with 'empty' (nuclei, but none with an outline), 'invalid-input' (all outside this slide),
 * 'unreadable' (not JSON), 'unsupported' (no features), or the system's refusal.
 */
export function readGeoJson(path: string, slideSize: SlideSize): Promise<Result<ReadAnnotations>> {
  return attempt(async () => {
    const skips = new Skips()
    const columns = new NucleusColumns(slideSize)
    const isAnnotation: number[] = []
    const bounds = new Bounds()
    let candidates = 0
    let outside = 0

    const add = (feature: NucleusFeature | OtherFeature) => {
      if (!('reason' in feature) || !feature.isOther) candidates++
      if ('reason' in feature) return skips.add(feature.reason)
      const { geometry, properties, isAnnotation: isRegion } = feature
      const outline = outerRing(geometry)
      if ('reason' in outline) return skips.add(outline.reason, outline.count)
      if (outline.holes) skips.add('holes', outline.holes)
      if (outline.otherParts) skips.add('smallerParts', outline.otherParts)
      const { x, y } = bounds.add(outline.ring)
      if (x < 0 || y < 0 || x > slideSize.width || y > slideSize.height) {
        outside++
        return skips.add('outsideSlide')
      }
      columns.add({ ring: outline.ring, ...classOf(properties), ...predictionOf(properties) })
      isAnnotation.push(isRegion ? 1 : 0)
    }
    for await (const batch of nucleusFeatures(path)) batch.forEach(add)

    const name = basename(path)
    if (columns.count === 0 && outside > 0)
      throw new FailureError(
        'invalid-input',
        message('noneOnSlide', {
          file: name,
          nuclei: outside,
          slide: [slideSize.width, slideSize.height],
          span: { x: [bounds.xmin, bounds.xmax], y: [bounds.ymin, bounds.ymax] },
        }),
      )
    if (columns.count === 0 && candidates > 0)
      throw new FailureError('empty', message('noOutlines', { file: name, left: skips.list() }))
    return { classified: finish(columns, isAnnotation, skips), skipped: skips.list() }
  })
}

/**
 * If a file has detections, its annotations are regions around them. Without detections, they may be hand-drawn nuclei.
 */
function finish(columns: NucleusColumns, isAnnotation: number[], skips: Skips): ClassifiedNuclei {
  const annotations = isAnnotation.reduce((sum, flag) => sum + flag, 0)
  if (annotations === 0 || annotations === columns.count) return columns.finish()
  skips.add('besideDetections', annotations)
  return columns.finish(Uint8Array.from(isAnnotation, (flag) => 1 - flag))
}

/** Reads detections from CellViT's and QuPath's GeoJSON: points, or the centroids of outlines. */
async function geoJsonDetections(path: string): Promise<Detections> {
  const [detections, annotations] = [new FoundDetections(), new FoundDetections()]
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
        else found.skips.add('pointsNowhere')
    }
  if (detections.className.length === 0) return annotations.finish(detections.skips)
  annotations.skips.add('besideDetections', annotations.className.length)
  return detections.finish(annotations.skips)
}

const isPoint = (point: unknown): point is [number, number] =>
  Array.isArray(point) && Number.isFinite(point[0]) && Number.isFinite(point[1])

/** Returns the points of a Point or MultiPoint, or undefined for any other geometry. */
function pointsOf(geometry: unknown): unknown[] | undefined {
  const { type, coordinates } = Object(geometry) as { type?: unknown; coordinates?: unknown }
  if (type === 'Point') return [coordinates]
  return type === 'MultiPoint' && Array.isArray(coordinates) ? (coordinates as unknown[]) : undefined
}

export const geoJsonImport: Importer = {
  name: 'QuPath GeoJSON',
  extensions: ['.geojson', '.json', '.geojson.gz', '.json.gz'],
  detect: (path, head) =>
    /\.geojson(\.gz)?$/i.test(path) || /"type"\s*:\s*"Feature(Collection)?"|"geometry"\s*:|^\s*\[\s*\]\s*$/.test(head),
  read: readGeoJson,
  detections: geoJsonDetections,
}

import type { FileRecord, Importer, NucleusRecord } from '../importer.ts'
import { outerRing } from '../geometry.ts'
import { nucleusFeatures, type NucleusFeature } from './nuclei.ts'
import { classOf, measuredOf } from './properties.ts'

/**
 * Yields the nuclei of GeoJSON by QuPath, CellViT, GeoPandas, TIAToolbox, Karyon and others, in every form that
 * `geoJsonFeatures` reads. The nucleus of a cell is read, not the cell's outline.
 */
async function* geoJsonRecords(path: string): AsyncGenerator<FileRecord[]> {
  for await (const batch of nucleusFeatures(path))
    yield batch.flatMap<FileRecord>((feature) => ('reason' in feature ? [feature] : recordsOf(feature)))
}

function recordsOf({ geometry, properties, id, isAnnotation }: NucleusFeature): FileRecord[] {
  const isFlat = typeof properties === 'object' && properties !== null
  const { className, color } = classOf(properties)
  const about: NucleusRecord = {
    className,
    color,
    ...(className === undefined && isFlat && { properties: properties as Record<string, unknown> }),
    ...measuredOf(properties),
    isRegion: isAnnotation,
  }
  const points = pointsOf(geometry)
  if (!points) return [{ ...about, outline: outerRing(geometry), ...(typeof id === 'string' && { id }) }]
  return points.map((point) =>
    // A feature of several points has one id, which is that of none of them.
    isPoint(point) ? { ...about, centre: [point[0], point[1]] } : { reason: 'pointsNowhere' },
  )
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
  name: 'GeoJSON (QuPath and others)',
  endings: ['.geojson', '.json', '.ndjson', '.geojsonl', '.geojsons', '.jsonl'],
  detect: (name, head) =>
    /\.(geojson|geojsonl|geojsons|ndjson)$/i.test(name) ||
    /"type"\s*:\s*"(Feature(Collection)?|GeometryCollection|(Multi)?(Polygon|Point|LineString))"/.test(head) ||
    /"geometry"\s*:|^\s*\[\s*\]\s*$/.test(head),
  records: geoJsonRecords,
}

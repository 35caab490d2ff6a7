import { jsonParts } from '../../files/jsonParts.ts'
import { largest, outlineOf } from '../geometry.ts'
import type { FileRecord, Importer, NucleusRecord, SlideSize } from '../importer.ts'

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)
const members = ['location', 'term', 'termName', 'terms', 'annotation']

/**
 * Yields the annotations of Cytomine's JSON: one, a list, or the `collection` of its API. The place is a WKT geometry in
 * pixels whose y axis points up from the bottom of the slide. `term` holds the numbers of its classes.
 */
async function* records(path: string, slide: SlideSize): AsyncGenerator<FileRecord[]> {
  let alone: Record<string, unknown> = {}
  for await (const parts of jsonParts(path, ['$[]', '$.collection[]', ...members.map((member) => `$.${member}`)])) {
    const batch: FileRecord[] = []
    for (const { at, value } of parts) {
      if (at === '$[]' || at === '$.collection[]') batch.push(...recordsOf(value, slide))
      else if (at !== '$end') alone[at.slice(2)] = value
      else {
        if (alone.annotation ?? alone.location) batch.push(...recordsOf(alone, slide))
        alone = {}
      }
    }
    if (batch.length > 0) yield batch
  }
}

function recordsOf(value: unknown, slide: SlideSize): FileRecord[] {
  const annotation = isObject(value) && isObject(value.annotation) ? value.annotation : value
  if (!isObject(annotation) || typeof annotation.location !== 'string') return [{ reason: 'noGeometry' }]
  const terms = [annotation.termName, annotation.terms, annotation.term]
    .flat(1)
    .find((term) => term !== null && term !== undefined)
  const term: unknown = isObject(terms) ? (terms.name ?? terms.id) : terms
  const about = typeof term === 'string' || typeof term === 'number' ? { className: String(term) } : {}
  return wktRecords(annotation.location, slide.height).map((record) =>
    'reason' in record ? record : { ...record, ...about },
  )
}

/** Returns the nuclei of a WKT geometry (OGC 06-103r4, 7). y counts from the bottom of a slide of this height. */
function wktRecords(
  wkt: string,
  height: number,
): (NucleusRecord | { reason: 'points' | 'lines' | 'unknownGeometry' | 'notNumbers' })[] {
  const type = /^\s*(?:SRID=\d+;)?\s*([A-Z]+)/i.exec(wkt)?.[1].toUpperCase() ?? ''
  // Rings are the innermost brackets. A second one within a polygon is a hole.
  const rings = [...wkt.matchAll(/(\(*)\(([^()]*)\)/g)].map(([, before, points]) => ({
    isFirst: before.length > 0,
    points: points.split(',').flatMap((point) => {
      const [x, y] = point.trim().split(/\s+/).map(Number)
      return [x, height - y]
    }),
  }))
  switch (type) {
    case 'POINT':
    case 'MULTIPOINT':
      return rings.flatMap(({ points }) =>
        Array.from({ length: points.length / 2 }, (_, i) => ({ centre: [points[2 * i], points[2 * i + 1]] as const })),
      )
    case 'LINESTRING':
    case 'MULTILINESTRING':
    case 'LINEARRING':
      return [{ reason: 'lines' }]
    case 'POLYGON':
    case 'MULTIPOLYGON': {
      if (rings.length === 0) return [{ outline: { reason: 'noCoordinates', count: 1 } }]
      const parts = rings.filter(({ isFirst }) => isFirst).map(({ points }) => outlineOf(points))
      const best = largest(parts)
      return [{ outline: 'ring' in best ? { ...best, holes: rings.length - parts.length } : best }]
    }
    default:
      return [{ reason: 'unknownGeometry' }]
  }
}

export const cytomineImport: Importer = {
  name: 'Cytomine JSON',
  endings: ['.json', '.txt'],
  detect: (_, head) => /"location"\s*:\s*"\s*(SRID=\d+;)?\s*(MULTI)?(POLYGON|POINT|LINESTRING)/i.test(head),
  records,
}

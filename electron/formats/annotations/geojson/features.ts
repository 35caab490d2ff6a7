import { basename } from 'node:path'
import { FailureError, message } from '../../../contract/index.ts'
import { jsonParts } from '../../files/jsonParts.ts'
import { parseFeature } from './parseFeature.ts'

const members = ['type', 'id', 'geometry', 'nucleusGeometry', 'properties']
/** Of lists only the elements are asked for. If a whole list were, it would be kept in memory. */
const lists = ['features', 'geometries', 'coordinates']
const paths = ['$[]', ...lists.map((list) => `$.${list}[]`), ...members.map((member) => `$.${member}`)]
/** Collections within collections are followed this deep. No tool nests them deeper; a damaged file may. */
const deepest = 20

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)
const isGeometry = (type: unknown) =>
  /^(Point|MultiPoint|LineString|MultiLineString|Polygon|MultiPolygon|GeometryCollection)$/.test(String(type))
const feature = (geometry: unknown) => ({ type: 'Feature', geometry, properties: {} })

/**
 * Yields the features of a GeoJSON file (plain or gzip) in batches as they are read, so that memory holds only one
 * batch. The file is a FeatureCollection, a feature, a geometry, a list of any of them (each may be a list or collection
 * itself), or one of these on each line (GeoJSONSeq, NDJSON). A geometry counts as a feature without properties; each
 * part of a bare MultiPolygon or GeometryCollection is a feature of its own, because nothing says that they are one
 * nucleus. The features are not checked.
 *
 * @throws FailureError 'empty', 'unreadable' (not JSON), 'unsupported' (JSON without features), or the system's refusal
 */
export async function* geoJsonFeatures(path: string): AsyncGenerator<unknown[]> {
  let isGeoJson = false
  let root = new Root()
  for await (const parts of jsonParts(path, paths, parseFeature)) {
    const batch: unknown[] = []
    for (const { at, value } of parts) {
      if (at !== '$end') root.add(at, value, batch)
      else {
        isGeoJson = root.end(batch) || value === 'list' || isGeoJson
        root = new Root()
      }
    }
    if (batch.length > 0) yield batch
  }
  if (!isGeoJson) throw new FailureError('unsupported', message('notGeoJson', { file: basename(path) }))
}

/** One whole value of the file, of which the parts arrive one by one. */
class Root {
  readonly #members: Record<string, unknown> = {}
  #coordinates: unknown[] = []
  #isList = false

  add(at: string, value: unknown, batch: unknown[]): void {
    if (at === '$[]' || at === '$.features[]') {
      this.#isList = true
      flatten(value, batch, 0)
    } else if (at === '$.geometries[]') {
      this.#isList = true
      partsOf(value, batch, 0)
    } else if (at === '$.coordinates[]') {
      if (this.#members.type === 'MultiPolygon') batch.push(feature({ type: 'Polygon', coordinates: value }))
      else this.#coordinates.push(value)
    } else this.#members[at.slice(2)] = value
  }

  /** Adds what is known only at the end. Returns whether the value is GeoJSON. */
  end(batch: unknown[]): boolean {
    const { type, geometry } = this.#members
    if (type === 'Feature' || geometry) batch.push(this.#members)
    else if (isGeometry(type)) partsOf({ type, coordinates: this.#coordinates }, batch, 0)
    else return this.#isList || type === 'FeatureCollection'
    return true
  }
}

/** Adds the features of an element: a feature, or a list or collection of them. */
function flatten(element: unknown, batch: unknown[], depth: number): void {
  if (depth > deepest) batch.push(undefined)
  else if (Array.isArray(element)) for (const inner of element) flatten(inner, batch, depth + 1)
  else if (isObject(element) && element.type === 'FeatureCollection' && Array.isArray(element.features))
    for (const inner of element.features) flatten(inner, batch, depth + 1)
  else if (isObject(element) && !('geometry' in element) && isGeometry(element.type)) partsOf(element, batch, depth)
  else batch.push(element)
}

/** Adds each part of a geometry without a feature as a feature of its own. */
function partsOf(geometry: unknown, batch: unknown[], depth: number): void {
  if (depth > deepest || !isObject(geometry)) batch.push(undefined)
  else if (geometry.type === 'GeometryCollection' && Array.isArray(geometry.geometries))
    for (const inner of geometry.geometries) partsOf(inner, batch, depth + 1)
  else if (geometry.type === 'MultiPolygon' && Array.isArray(geometry.coordinates))
    for (const coordinates of geometry.coordinates) batch.push(feature({ type: 'Polygon', coordinates }))
  else if (!(geometry.type === 'GeometryCollection')) batch.push(feature(geometry))
}

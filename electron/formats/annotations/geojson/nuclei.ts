import type { LeftOut } from '../../../contract/index.ts'
import { geoJsonFeatures } from './features.ts'
import { classOf, objectTypeOf } from './properties.ts'

/** A feature that may be a nucleus; its parts are what the file says, unchecked. */
export interface NucleusFeature {
  /** Of a cell with both, its nucleus. */
  readonly geometry: unknown
  readonly properties: unknown
  /** Drawn as a region: a nucleus only where the file holds no detection. */
  readonly isAnnotation: boolean
}
/** A feature that is no nucleus, and what it is instead. */
export interface OtherFeature {
  readonly reason: LeftOut
  /** True for what no nucleus was to be expected from: tiles and the like. */
  readonly isOther: boolean
}

const notNuclei: Record<string, LeftOut> = {
  root: 'wholeSlideObjects',
  tile: 'tiles',
  tma_core: 'cores',
}
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

/**
 * The features of a GeoJSON file as nuclei, batch by batch; a feature that holds all nuclei of a class as one for each.
 *
 * @throws FailureError as `geoJsonFeatures`
 */
export async function* nucleusFeatures(path: string): AsyncGenerator<(NucleusFeature | OtherFeature)[]> {
  for await (const batch of undivided(path)) yield batch.map(nucleusOf)
}

function nucleusOf(feature: unknown): NucleusFeature | OtherFeature {
  if (!isObject(feature)) return { reason: 'notFeatures', isOther: false }
  const type = objectTypeOf(feature)
  if (notNuclei[type]) return { reason: notNuclei[type], isOther: true }
  const { geometry, nucleusGeometry, properties } = feature
  return { geometry: nucleusGeometry ?? geometry, properties, isAnnotation: type === 'annotation' }
}

/**
 * CellViT writes one feature per class, a MultiPolygon of all its nuclei; in QuPath's files a MultiPolygon is one
 * nucleus in several pieces. So a file is of the first kind as long as all its features are MultiPolygons, none is
 * stated to be a single object, and each has a class that no other has. Such features are held back until the file ends
 * or shows itself to be of the other kind.
 */
async function* undivided(path: string): AsyncGenerator<unknown[]> {
  const held: Record<string, unknown>[] = []
  const classes = new Set<string>()
  let isPerClass = true
  for await (const batch of geoJsonFeatures(path)) {
    let from = 0
    for (; isPerClass && from < batch.length; from++) {
      const feature = batch[from]
      const className = isObject(feature) ? classOfMany(feature) : undefined
      isPerClass = className !== undefined && !classes.has(className)
      if (!isPerClass) break
      classes.add(className!)
      held.push(feature as Record<string, unknown>)
    }
    if (isPerClass) continue
    yield [...held.splice(0), ...batch.slice(from)]
  }
  for (const feature of held) {
    const { coordinates } = feature.geometry as { coordinates: unknown[] }
    yield coordinates.map((part) => ({ ...feature, geometry: { type: 'Polygon', coordinates: part } }))
  }
}

/** Class of a feature that may hold all nuclei of it. */
function classOfMany(feature: Record<string, unknown>): string | undefined {
  const { geometry, properties } = feature
  const isMany = isObject(geometry) && geometry.type === 'MultiPolygon' && Array.isArray(geometry.coordinates)
  return isMany && !/^(detection|cell)$/.test(objectTypeOf(feature)) ? classOf(properties).className : undefined
}

import type { LeftOut } from '../../../contract/index.ts'
import type { OtherRecord } from '../importer.ts'
import { geoJsonFeatures } from './features.ts'
import { classOf, objectTypeOf } from './properties.ts'

/** A feature that may be a nucleus. Geometry and properties are not checked. */
export interface NucleusFeature {
  /** The geometry of the nucleus, if a cell has one for the cell and one for the nucleus. */
  readonly geometry: unknown
  readonly properties: unknown
  readonly id: unknown
  /**
   * True for an annotation. It is a nucleus only if the file has no detections; otherwise it is a region around them.
   */
  readonly isAnnotation: boolean
}

const notNuclei: Record<string, LeftOut> = {
  root: 'wholeSlideObjects',
  tile: 'tiles',
  tma_core: 'cores',
}
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

/**
 * Yields the features of a GeoJSON file in batches. A feature that holds all nuclei of a class is yielded as one
 * feature per nucleus. Throws the same as `geoJsonFeatures`.
 */
export async function* nucleusFeatures(path: string): AsyncGenerator<(NucleusFeature | OtherRecord)[]> {
  for await (const batch of singleNuclei(path)) yield batch.map(nucleusOf)
}

function nucleusOf(feature: unknown): NucleusFeature | OtherRecord {
  if (!isObject(feature)) return { reason: 'notFeatures' }
  const type = objectTypeOf(feature)
  if (Object.hasOwn(notNuclei, type)) return { reason: notNuclei[type], isOther: true }
  const { geometry, nucleusGeometry, properties, id } = feature
  return { geometry: nucleusGeometry ?? geometry, properties, id, isAnnotation: type === 'annotation' }
}

/**
 * Yields features with one nucleus each. CellViT writes one feature per class: a MultiPolygon of all nuclei of the
 * class. In QuPath's files a MultiPolygon is one nucleus in several pieces. A file is taken to be CellViT's if all its
 * features are MultiPolygons, none says that it is a detection or cell, and no two have the same class (or none).
 * Features are held back until the file ends or one of them shows that it is QuPath's.
 */
async function* singleNuclei(path: string): AsyncGenerator<unknown[]> {
  const held: Record<string, unknown>[] = []
  const classes = new Set<string | undefined>()
  let isPerClass = true
  for await (const batch of geoJsonFeatures(path)) {
    let from = 0
    for (; isPerClass && from < batch.length; from++) {
      const feature = batch[from]
      isPerClass = isObject(feature) && mayHoldAll(feature)
      if (!isPerClass) break
      const { className } = classOf((feature as Record<string, unknown>).properties)
      isPerClass = !classes.has(className)
      if (!isPerClass) break
      classes.add(className)
      held.push(feature as Record<string, unknown>)
    }
    if (isPerClass) continue
    yield [...held.splice(0), ...batch.slice(from)]
  }
  for (const feature of held) {
    const { coordinates } = feature.geometry as { coordinates: unknown[] }
    // The id is that of all of them together.
    yield coordinates.map((part) => ({ ...feature, id: undefined, geometry: { type: 'Polygon', coordinates: part } }))
  }
}

/** Returns whether a feature may hold all nuclei of its class. */
function mayHoldAll(feature: Record<string, unknown>): boolean {
  const { geometry } = feature
  const hasParts = isObject(geometry) && geometry.type === 'MultiPolygon' && Array.isArray(geometry.coordinates)
  return hasParts && !/^(detection|cell)$/.test(objectTypeOf(feature))
}

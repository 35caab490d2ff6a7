import { basename } from 'node:path'
import { FailureError, message } from '../../../contract/index.ts'
import { jsonParts } from '../../files/jsonParts.ts'

const featureMembers = ['type', 'id', 'geometry', 'nucleusGeometry', 'properties']

/**
 * Yields the features of a GeoJSON file (plain or gzip), which is a FeatureCollection, a bare array or a single
 * feature. They come in batches as they are read, so that memory holds only one batch. The features are not checked.
 *
 * @throws FailureError 'empty', 'unreadable' (not JSON), 'unsupported' (JSON without features), or the system's refusal
 */
export async function* geoJsonFeatures(path: string): AsyncGenerator<unknown[]> {
  let sawArray = false
  const root: Record<string, unknown> = {}
  const paths = (start: Buffer) => {
    // Only the elements are asked for. If the whole list were, the parser would keep it in memory.
    const isList = /^(\u00ef\u00bb\u00bf)?\s*\[/.test(start.toString('latin1'))
    sawArray = isList
    return isList ? ['$.*'] : ['$.features.*', ...featureMembers.map((member) => `$.${member}`)]
  }
  for await (const parts of jsonParts(path, paths)) {
    const batch: unknown[] = []
    for (const { value, key } of parts)
      if (typeof key === 'number') {
        sawArray = true
        batch.push(value)
      } else if (key !== undefined) root[key] = value
    if (batch.length) yield batch
  }
  if (sawArray || root.type === 'FeatureCollection') return
  if (root.type === 'Feature' || root.geometry) yield [root]
  else throw new FailureError('unsupported', message('notGeoJson', { file: basename(path) }))
}

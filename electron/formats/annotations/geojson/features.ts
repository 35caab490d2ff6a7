import { basename } from 'node:path'
import { FailureError, message } from '../../../contract/index.ts'
import { jsonParts } from '../../files/jsonParts.ts'

const featureMembers = ['type', 'id', 'geometry', 'nucleusGeometry', 'properties']

/**
 * The features of a GeoJSON file (plain or gzip) in batches as they are read: a FeatureCollection, a bare array, or
 * a single feature. Holds one batch at a time. Elements are what the file says, unchecked.
 *
 * @throws FailureError empty, unreadable (not JSON), unsupported (JSON without features), or as the system says
 */
export async function* geoJsonFeatures(path: string): AsyncGenerator<unknown[]> {
  let sawArray = false
  const root: Record<string, unknown> = {}
  const paths = (start: Buffer) => {
    // Never asks for the whole list: the parser would keep it.
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

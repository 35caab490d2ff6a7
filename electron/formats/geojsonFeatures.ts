import { basename } from 'node:path'
import { JSONParser } from '@streamparser/json'
import { FailureError } from '../contract/index.ts'
import { fileBytes } from './fileBytes.ts'
import { nullForNaN } from './lenientJson.ts'

function invalidJson(path: string, error: unknown): FailureError {
  const position = /position "?(\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
  const where = position === undefined ? '' : ` at byte ${Number(position).toLocaleString('en')}`
  return new FailureError(
    'unreadable',
    `${basename(path)} is not valid JSON${where}: it is damaged, cut short or of another kind. Export it again.`,
  )
}

const featureMembers = ['type', 'id', 'geometry', 'nucleusGeometry', 'properties']

/**
 * The features of a GeoJSON file (plain or gzip) in batches as they are read: a FeatureCollection, a bare array, or
 * a single feature. Holds one batch at a time. Elements are what the file says, unchecked.
 *
 * @throws FailureError empty, unreadable (not JSON), unsupported (JSON without features), or as the system says
 */
export async function* geoJsonFeatures(path: string): AsyncGenerator<unknown[]> {
  let batch: unknown[] = []
  let sawArray = false
  const root: Record<string, unknown> = {}
  const parser = (start: Buffer) => {
    // Never asks for the whole list: the parser would keep it.
    const isList = /^(\u00ef\u00bb\u00bf)?\s*\[/.test(start.toString('latin1'))
    const paths = isList ? ['$.*'] : ['$.features.*', ...featureMembers.map((member) => `$.${member}`)]
    const created = new JSONParser({ paths, keepStack: false, numberBufferSize: 64 })
    sawArray = isList
    created.onValue = ({ value, key }) => {
      if (typeof key === 'number') {
        sawArray = true
        batch.push(value)
      } else if (key !== undefined) root[key] = value
    }
    return created
  }
  let json: JSONParser | undefined
  for await (const bytes of nullForNaN(fileBytes(path))) {
    if (!json && !/\S/.test(bytes.toString('latin1'))) continue
    json ??= parser(bytes)
    try {
      json.write(bytes)
    } catch (error) {
      throw invalidJson(path, error)
    }
    if (batch.length) yield batch
    batch = []
  }
  if (!json) throw new FailureError('empty', `${basename(path)} is empty. Export it again.`)
  if (!json.isEnded) throw invalidJson(path, undefined)
  if (sawArray || root.type === 'FeatureCollection') return
  if (root.type === 'Feature' || root.geometry) yield [root]
  else
    throw new FailureError(
      'unsupported',
      `${basename(path)} is JSON but not GeoJSON: it holds neither a FeatureCollection, nor a list of features, nor a feature.`,
    )
}

import { basename } from 'node:path'
import { JSONParser } from '@streamparser/json'
import { FailureError, message } from '../../contract/index.ts'
import { fileBytes } from './fileBytes.ts'
import { nullForNaN } from './lenientJson.ts'

/** Returns the failure for a file whose JSON is cut short or invalid. */
export function invalidJson(path: string, error: unknown): FailureError {
  const position = /position "?(\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
  return new FailureError(
    'unreadable',
    message('jsonDamaged', { file: basename(path), byte: position === undefined ? null : Number(position) }),
  )
}

export interface JsonPart {
  readonly value: unknown
  /** Name or index of the value in its parent. */
  readonly key: string | number | undefined
}

/**
 * Yields the values at `paths` ("$.nuc.*") of a JSON file, plain or gzip. They come in batches as they are read, so that
 * memory holds only one batch.
 * `paths` may depend on the file's first bytes.
 *
 * @throws FailureError empty, unreadable (not JSON), or as the system says
 */
export async function* jsonParts(
  path: string,
  paths: string[] | ((start: Buffer) => string[]),
): AsyncGenerator<JsonPart[]> {
  let batch: JsonPart[] = []
  let json: JSONParser | undefined
  for await (const bytes of nullForNaN(fileBytes(path))) {
    if (!json && !/\S/.test(bytes.toString('latin1'))) continue
    if (!json) {
      json = new JSONParser({
        paths: typeof paths === 'function' ? paths(bytes) : paths,
        keepStack: false,
        numberBufferSize: 64,
      })
      json.onValue = ({ value, key }) => void batch.push({ value, key })
    }
    try {
      json.write(bytes)
    } catch (error) {
      throw invalidJson(path, error)
    }
    if (batch.length) yield batch
    batch = []
  }
  if (!json) throw new FailureError('empty', message('fileEmpty', { file: basename(path) }))
  if (!json.isEnded) throw invalidJson(path, undefined)
}

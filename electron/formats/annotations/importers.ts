import { basename } from 'node:path'
import { attempt, FailureError, unwrap, type Result, message } from '../../contract/index.ts'
import type { Detections } from './detections.ts'
import { fileHead } from '../files/fileBytes.ts'
import { geoJsonImport } from './geojson/read.ts'
import type { Importer, ReadAnnotations, SlideSize } from './importer.ts'
import { instanceJsonImport } from './instanceJson.ts'

/** Every annotation format, specific before generic: the first that recognises a file reads it. */
export const importers: readonly Importer[] = [instanceJsonImport, geoJsonImport]

/**
 * Finds the importer of a file. Throws FailureError 'empty' (nothing in it), 'unsupported' (unknown format), or the
 * system's refusal.
 */
async function readerOf(path: string): Promise<Importer> {
  const head = await fileHead(path)
  if (!/\S/.test(head)) throw new FailureError('empty', message('fileEmpty', { file: basename(path) }))
  const reader = importers.find((r) => r.detect(path, head))
  if (reader) return reader
  throw new FailureError(
    'unsupported',
    message('annotationKind', { file: basename(path), known: importers.map((r) => r.name) }),
  )
}

/**
 * Reads nuclei from another tool's file in any of the known formats.
 *
 * Fails with 'empty' (no nucleus), 'unsupported' (unknown format), the reader's failures, or the system's refusal.
 */
export function readAnnotations(path: string, slideSize: SlideSize): Promise<Result<ReadAnnotations>> {
  return attempt(async () => {
    const read = await readShapes(path, slideSize)
    if (read.classified.nuclei.count === 0)
      throw new FailureError('empty', message('noNucleiIn', { file: basename(path) }))
    return read
  })
}

/** Does the same but accepts a file without nuclei: another system may have found none on this image. */
export async function readShapes(path: string, slideSize: SlideSize): Promise<ReadAnnotations> {
  const reader = await readerOf(path)
  return unwrap(await reader.read(path, slideSize))
}

/**
 * Reads another system's detections. A file without any is accepted: none were found. Throws FailureError 'empty'
 * (nothing in the file at all), 'unsupported', 'unreadable', or the system's refusal.
 */
export async function readDetections(path: string): Promise<Detections> {
  const reader = await readerOf(path)
  return reader.detections(path)
}

import { basename } from 'node:path'
import { attempt, FailureError, unwrap, type Result, message } from '../../contract/index.ts'
import type { Detections } from './detections.ts'
import { fileHead } from '../files/fileBytes.ts'
import { geoJsonImport } from './geojson/read.ts'
import type { Importer, ReadAnnotations, SlideSize } from './importer.ts'
import { instanceJsonImport } from './instanceJson.ts'

/** Every kind of annotation file, specific before generic: the first that recognises a file reads it. */
export const importers: readonly Importer[] = [instanceJsonImport, geoJsonImport]

/** Fails with 'empty' (nothing in it), 'unsupported' (no reader knows it), or as the system says. */
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
 * Nuclei from another tool's file, whichever of the known kinds it is.
 *
 * Fails with 'empty' (no nucleus), 'unsupported' (no reader knows it), what the reader says, or what the system says.
 */
export function readAnnotations(path: string, slideSize: SlideSize): Promise<Result<ReadAnnotations>> {
  return attempt(async () => {
    const read = await readShapes(path, slideSize)
    if (read.classified.nuclei.count === 0)
      throw new FailureError('empty', message('noNucleiIn', { file: basename(path) }))
    return read
  })
}

/** The same where no nuclei are an answer too: another system found none on this picture. */
export async function readShapes(path: string, slideSize: SlideSize): Promise<ReadAnnotations> {
  const reader = await readerOf(path)
  return unwrap(await reader.read(path, slideSize))
}

/**
 * Detections of another system. A file without one is an answer too: none found. Fails with FailureError: 'empty' (nothing
 * in the file at all), 'unsupported', 'unreadable', or as the system says.
 */
export async function readDetections(path: string): Promise<Detections> {
  const reader = await readerOf(path)
  return reader.detections(path)
}

import { basename } from 'node:path'
import { attempt, FailureError, unwrap, type Result } from '../contract/index.ts'
import type { AnnotationReader, ReadAnnotations, SlideSize } from './annotationReader.ts'
import { fileHead } from './fileBytes.ts'
import { readGeoJson } from './geojsonRead.ts'
import { isInstanceJson } from './instanceJson.ts'
import { readInstanceJson } from './instanceJsonRead.ts'

/** Every kind of annotation file, specific before generic: the first that recognises a file reads it. */
export const annotationReaders: readonly AnnotationReader[] = [
  {
    name: 'HoVer-Net or CellViT JSON',
    extensions: ['.json', '.json.gz'],
    detect: (_, head) => isInstanceJson(head),
    read: readInstanceJson,
  },
  {
    name: 'QuPath GeoJSON',
    extensions: ['.geojson', '.json', '.geojson.gz', '.json.gz'],
    detect: (path, head) =>
      /\.geojson(\.gz)?$/i.test(path) || /"type"\s*:\s*"Feature(Collection)?"|"geometry"\s*:/.test(head),
    read: readGeoJson,
  },
]

/**
 * Nuclei from another tool's file, whichever of the known kinds it is.
 *
 * Fails with 'empty', 'unsupported' (no reader knows it), what the reader says, or what the system says.
 */
export function readAnnotations(path: string, slideSize: SlideSize): Promise<Result<ReadAnnotations>> {
  return attempt(async () => {
    const head = await fileHead(path)
    if (!/\S/.test(head)) throw new FailureError('empty', `${basename(path)} is empty. Export it again.`)
    const reader = annotationReaders.find((r) => r.detect(path, head))
    if (!reader)
      throw new FailureError(
        'unsupported',
        `${basename(path)} is of a kind Karyon does not read. It reads: ${annotationReaders.map((r) => r.name).join(', ')}.`,
      )
    return unwrap(await reader.read(path, slideSize))
  })
}

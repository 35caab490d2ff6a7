import { basename } from 'node:path'
import { attempt, FailureError, message, type LeftOutCount, type Result } from '../../contract/index.ts'
import { fileHead, headBytes } from '../files/fileBytes.ts'
import { CollectedAnnotations, collectDetections } from './collect.ts'
import type { Detections } from './detections.ts'
import { geoJsonImport } from './geojson/read.ts'
import type { Importer, ReadAnnotations, SlideSize } from './importer.ts'
import { cocoImport } from './json/cocoJson.ts'
import { cytomineImport } from './json/cytomine.ts'
import { grandChallengeImport } from './json/grandChallenge.ts'
import { instanceJsonImport } from './json/instanceJson.ts'
import { sectraImport } from './json/sectra.ts'
import { joinFiles } from './joinFiles.ts'
import { labelImageImport } from './labelImage.ts'
import { unread } from './unread.ts'
import { aperioImport } from './xml/aperio.ts'
import { asapImport } from './xml/asap.ts'

/** Every annotation format, specific before generic: the first that recognises a file reads it. */
export const importers: readonly Importer[] = [
  instanceJsonImport,
  cocoImport,
  grandChallengeImport,
  sectraImport,
  cytomineImport,
  geoJsonImport,
  asapImport,
  aperioImport,
  labelImageImport,
]

/**
 * Finds the importer of a file. Throws FailureError 'empty' (nothing in it), 'unsupported' (unknown format), or the
 * system's refusal.
 */
async function importerOf(path: string): Promise<Importer> {
  const [head, bytes] = [await fileHead(path), await headBytes(path, 512)]
  if (!/\S/.test(head)) throw new FailureError('empty', message('fileEmpty', { file: basename(path) }))
  const name = basename(path).replace(/\.gz$/i, '')
  const importer = importers.find((one) => one.detect(name, head, bytes))
  if (importer) return importer
  throw unread(
    path,
    name,
    head,
    bytes,
    importers.map((one) => one.name),
  )
}

/**
 * Reads nuclei from another tool's file in any of the known formats, with dots apart from outlines. A file without
 * nuclei is accepted. Throws FailureError 'unsupported' (unknown format), 'unreadable', 'empty' (nuclei, but none with an
 * outline or place), 'invalid-input' (none on this slide), or the system's refusal.
 */
export async function readAllAnnotations(path: string, slide: SlideSize): Promise<ReadAnnotations> {
  const importer = await importerOf(path)
  const collected = new CollectedAnnotations(path, slide)
  for await (const batch of importer.records(path, slide)) for (const record of batch) collected.add(record)
  return collected.finish()
}

/** What several files hold together, and what was left out of each. */
export interface ReadFiles extends Omit<ReadAnnotations, 'skipped'> {
  readonly skipped: readonly (LeftOutCount & { readonly file: string })[]
}

/** Reads several files of one slide. Throws the same as readAllAnnotations at the first file that cannot be read. */
export async function readFiles(paths: readonly string[], slide: SlideSize): Promise<ReadFiles> {
  const read: ReadAnnotations[] = []
  for (const path of paths) read.push(await readAllAnnotations(path, slide))
  return {
    ...joinFiles(read),
    skipped: read.flatMap(({ skipped }, i) => skipped.map((one) => ({ file: basename(paths[i]), ...one }))),
    notes: read.flatMap(({ notes }) => notes),
  }
}

/**
 * Reads nuclei with outlines; dots are left out and counted. Fails with 'empty' (no nucleus with an outline) and the
 * failures of readAllAnnotations.
 */
export function readAnnotations(path: string, slide: SlideSize): Promise<Result<ReadAnnotations>> {
  return attempt(async () => {
    const read = await readShapes(path, slide)
    if (read.classified.nuclei.count === 0)
      throw new FailureError(
        'empty',
        read.skipped.length > 0
          ? message('noOutlines', { file: basename(path), left: read.skipped })
          : message('noNucleiIn', { file: basename(path) }),
      )
    return read
  })
}

/** Does the same but accepts a file without nuclei: another system may have found none on this image. */
export async function readShapes(path: string, slide: SlideSize): Promise<ReadAnnotations> {
  const read = await readAllAnnotations(path, slide)
  const points = read.dots.classIndex.length
  if (points === 0) return read
  const skipped = [...read.skipped, { reason: 'points', count: points } as const]
  if (read.classified.nuclei.count === 0)
    throw new FailureError('empty', message('noOutlines', { file: basename(path), left: skipped }))
  return { ...read, skipped }
}

/**
 * Reads another system's detections. A file without any is accepted: none were found. Throws FailureError 'empty'
 * (nothing in the file at all), 'unsupported', 'unreadable', or the system's refusal.
 */
export async function readDetections(path: string, slide: SlideSize): Promise<Detections> {
  const importer = await importerOf(path)
  return collectDetections(importer.records(path, slide))
}

import { basename, dirname } from 'node:path'
import { exporterOf, writeAtomically, type Exporter } from '../../formats/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { newFile } from '../state/paths.ts'

export interface Exported {
  readonly path: string
  readonly nuclei: number
  readonly outside: number
  readonly inPart: boolean
}

/** Yields the content of an export file piece by piece, before compression: the slide's nuclei that count. */
export function exportContent(
  context: ProjectContext,
  slideId: number,
  { content }: Exporter,
): Iterable<string | Uint8Array> {
  return content(context.views.classified(slideId), context.project.slides.get(slideId).info)
}

/**
 * Returns the name of an export without its extension: the slide's name, marked if only part of the slide was searched.
 */
export function exportName({ project }: ProjectContext, slideId: number): string {
  const { absolutePath, searched } = project.slides.get(slideId)
  const name = basename(absolutePath).replace(/\.[^.]+$/, '')
  return searched && searched.length > 0 ? `${name}-searched-in-part` : name
}

/**
 * Writes a slide's nuclei that count to `path`, or to a new file beside the project. In the result, `outside` is the
 * number of nuclei left out because they do not count, and `inPart` says that only part of the slide was searched for
 * nuclei. Throws FailureError if the file cannot be written.
 */
export async function exportFile(
  context: ProjectContext,
  slideId: number,
  format: string,
  path = newFile(dirname(context.project.path), exportName(context, slideId), format),
): Promise<Exported> {
  const exporter = exporterOf(format)
  const classified = context.views.classified(slideId)
  const content = exporter.content(classified, context.project.slides.get(slideId).info)
  await writeAtomically(path, content, { gzip: exporter.gzip ?? false })
  const inPart = context.project.slides.get(slideId).searched !== null
  return { path, nuclei: classified.nuclei.count, outside: context.tissue.countOutside(slideId), inPart }
}

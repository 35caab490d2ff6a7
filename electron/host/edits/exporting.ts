import { basename, dirname } from 'node:path'
import { FailureError, unwrap } from '../../contract/index.ts'
import { csvText, geoJsonText, writeCsv, writeGeoJson } from '../../formats/index.ts'
import type { Bench } from '../state/context.ts'
import { newFile } from '../state/paths.ts'

export const exportFormats = ['geojson', 'geojson.gz', 'csv'] as const
export type ExportFormat = (typeof exportFormats)[number]

export interface Exported {
  readonly path: string
  readonly nuclei: number
  readonly outside: number
  readonly inPart: boolean
}

/** The nuclei of a slide that count as text, piece by piece (geojson.gz: the text before compression). */
export function exportText(bench: Bench, slideId: number, format: ExportFormat): Generator<string> {
  const classified = bench.views.classified(slideId)
  return format === 'csv' ? csvText(classified, mppOf(bench, slideId)) : geoJsonText(classified)
}

/** Name of an export without its ending: the slide's, and whether nuclei were searched for in part of it alone. */
export function exportName({ project }: Bench, slideId: number): string {
  const { absolutePath, searched } = project.slides.get(slideId)
  const name = basename(absolutePath).replace(/\.[^.]+$/, '')
  return searched && searched.length > 0 ? `${name}-searched-in-part` : name
}

/** Writes the nuclei of a slide that count (`outside`: how many do not, and are left out; `inPart`: only part of the slide was searched for nuclei) to `path`, or to a new file beside the project. Fails where it cannot be written. */
export async function exportFile(
  bench: Bench,
  slideId: number,
  format: ExportFormat,
  path = newFile(dirname(bench.project.path), exportName(bench, slideId), format),
): Promise<Exported> {
  const classified = bench.views.classified(slideId)
  const written =
    format === 'csv'
      ? await writeCsv(path, classified, mppOf(bench, slideId))
      : await writeGeoJson(path, classified, { gzip: format === 'geojson.gz' })
  const inPart = bench.project.slides.get(slideId).searched !== null
  return { path, ...unwrap(written), outside: bench.tissue.countOutside(slideId), inPart }
}

function mppOf({ project }: Bench, slideId: number): { x: number; y: number } {
  const { mpp } = project.slides.get(slideId).info
  if (!mpp)
    throw new FailureError(
      'no-scale',
      'A CSV export states areas in µm², but the µm per pixel of this slide is unknown. Open the slide again with its µm/px.',
    )
  return mpp
}

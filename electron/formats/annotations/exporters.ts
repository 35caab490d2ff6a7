import { FailureError, message } from '../../contract/index.ts'
import { csvExport } from './csv.ts'
import type { Exporter } from './exporter.ts'
import { compressedGeoJsonExport, geoJsonExport } from './geojson/write.ts'

/** Every kind of file that nuclei can be written to, in the order in which the page offers them. */
export const exporters: readonly Exporter[] = [geoJsonExport, compressedGeoJsonExport, csvExport]

/** Fails with 'not-found'. */
export function exporterOf(format: string): Exporter {
  const exporter = exporters.find((one) => one.format === format)
  if (exporter) return exporter
  throw new FailureError('not-found', message('exportKind', { format, known: exporters.map((one) => one.format) }))
}

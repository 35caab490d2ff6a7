import { FailureError, message } from '../../contract/index.ts'
import { csvExport } from './csv.ts'
import type { Exporter } from './exporter.ts'
import { compressedGeoJsonExport, geoJsonExport } from './geojson/write.ts'

/** Every export format, in the order in which the page offers them. */
export const exporters: readonly Exporter[] = [geoJsonExport, compressedGeoJsonExport, csvExport]

/** Returns an exporter by its format. Throws FailureError 'not-found'. */
export function exporterOf(format: string): Exporter {
  const exporter = exporters.find((one) => one.format === format)
  if (exporter) return exporter
  throw new FailureError('not-found', message('exportKind', { format, known: exporters.map((one) => one.format) }))
}

import { FailureError } from '../../contract/index.ts'
import { csvExport } from './csv.ts'
import type { Exporter } from './exporter.ts'
import { compressedGeoJsonExport, geoJsonExport } from './geojsonWrite.ts'

/** Every kind of file that nuclei can be written to, in the order in which the page offers them. */
export const exporters: readonly Exporter[] = [geoJsonExport, compressedGeoJsonExport, csvExport]

/** Fails with 'not-found'. */
export function exporterOf(format: string): Exporter {
  const exporter = exporters.find((one) => one.format === format)
  if (exporter) return exporter
  const known = exporters.map((one) => one.format).join(', ')
  throw new FailureError('not-found', `There is no export of the kind "${format}". Choose one of: ${known}.`)
}

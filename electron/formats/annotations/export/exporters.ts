import { FailureError, message } from '../../../contract/index.ts'
import { compressedGeoJsonExport, geoJsonExport } from '../geojson/write.ts'
import { pngExport, svgExport } from './classMap.ts'
import { cocoExport } from './coco.ts'
import { dicomExport } from './dicom.ts'
import { csvExport, semicolonCsvExport } from './csv.ts'
import type { Exporter } from './exporter.ts'
import { aperioExport, asapExport } from './xml.ts'

/** Every export format, in the order in which the page offers them. */
export const exporters: readonly Exporter[] = [
  geoJsonExport,
  compressedGeoJsonExport,
  csvExport,
  semicolonCsvExport,
  cocoExport,
  asapExport,
  aperioExport,
  dicomExport,
  pngExport,
  svgExport,
]

/** Returns an exporter by its format. Throws FailureError 'not-found'. */
export function exporterOf(format: string): Exporter {
  const exporter = exporters.find((one) => one.format === format)
  if (exporter) return exporter
  throw new FailureError('not-found', message('exportKind', { format, known: exporters.map((one) => one.format) }))
}

export const extensionOf = ({ format, extension = format }: Exporter): string => extension

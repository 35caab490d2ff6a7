export type { Dots, Importer, ReadAnnotations, SlideSize } from './annotations/importer.ts'
export {
  importers,
  readAllAnnotations,
  readAnnotations,
  readDetections,
  readFiles,
  readShapes,
  type ReadFiles,
} from './annotations/importers.ts'
export { classProperties } from './annotations/classColumns.ts'
export { cocoText } from './annotations/export/coco.ts'
export { csvField, csvTable, csvText } from './annotations/export/csv.ts'
export { auditsName, packEvidence, type Entry, type Manifest } from './evidence/pack.ts'
export { verifyEvidence } from './evidence/verify.ts'
export type { ExportedSlide, Exporter } from './annotations/export/exporter.ts'
export { exporterOf, exporters, extensionOf } from './annotations/export/exporters.ts'
export { geoJsonText, writeGeoJson } from './annotations/geojson/write.ts'
export { inChunks, writeAtomically } from './files/writeAtomically.ts'

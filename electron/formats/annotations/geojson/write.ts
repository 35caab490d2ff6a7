import { attempt, type ClassifiedNuclei, type Result } from '../../../contract/index.ts'
import { TextWriter } from '../../files/textWriter.ts'
import { writeAtomically } from '../../files/writeAtomically.ts'
import { exportOutlines, nucleusUuid } from '../export/outline.ts'
import type { Exporter } from '../export/exporter.ts'
import { labelledMeasurement, probabilityMeasurement, rgbOf } from './properties.ts'

const probability = (p: number) => Math.round(p * 1e6) / 1e6

/**
 * Yields nuclei as a GeoJSON FeatureCollection of QuPath detections. It comes piece by piece, so that the text of a
 * million nuclei is never in memory at once. Coordinates are level-0 pixels, rounded to 0.01, and every polygon is valid;
 * a nucleus without area is left out.
 *
 * Measurements are those of the tool that the nuclei came from, p(class) for each class of the model, and "Labelled by
 * human" (0 or 1) if labels are known. QuPath shows all of them as ordinary measurements.
 */
export function* geoJsonText(classified: ClassifiedNuclei): Generator<string> {
  const { nuclei, classes, classIndex } = classified
  const classTexts = classes.map(
    ({ name, color }) => `,"classification":${JSON.stringify({ name, color: rgbOf(color) })}`,
  )
  const measurements = measurementTexts(classified)
  const writer = new TextWriter()
  writer.text('{"type":"FeatureCollection","generator":"Karyon, for research use only","features":[')
  let separator = '\n'
  for (const { i, ring } of exportOutlines(nuclei)) {
    writer.text(
      `${separator}{"type":"Feature","id":"${nucleusUuid(classified, i)}","geometry":{"type":"Polygon","coordinates":[[`,
    )
    writer.points(closedHundredths(ring))
    writer.text(`]]},"properties":{"objectType":"detection"${classTexts[classIndex[i]] ?? ''}${measurements(i)}}}`)
    separator = ',\n'
    if (writer.isFull) yield writer.take()
  }
  writer.text('\n]}\n')
  yield writer.take()
}

/** Returns a ring's coordinates in hundredths. A ring of GeoJSON ends with its first point. */
function closedHundredths(ring: ArrayLike<number>): Float64Array {
  const closed = new Float64Array(ring.length + 2)
  for (let k = 0; k < ring.length; k++) closed[k] = Math.round(ring[k] * 100)
  closed[ring.length] = closed[0]
  closed[ring.length + 1] = closed[1]
  return closed
}

/** Returns a function that gives the measurements of nucleus i as a property, or '' if it has none. */
function measurementTexts(classified: ClassifiedNuclei): (i: number) => string {
  const { probabilities, labelled, measurements } = classified
  const keys = (classified.probabilityClasses ?? []).map((n) => JSON.stringify(probabilityMeasurement(n)))
  const labelledKey = JSON.stringify(labelledMeasurement)
  const ownKeys = (measurements?.names ?? []).map((name) => JSON.stringify(name))
  return (i) => {
    const parts: string[] = []
    ownKeys.forEach((key, m) => {
      const value = measurements!.values[i * ownKeys.length + m]
      if (Number.isFinite(value)) parts.push(`${key}:${value}`)
    })
    const row = probabilities?.subarray(i * keys.length, (i + 1) * keys.length)
    if (row?.some((p) => p > 0)) keys.forEach((key, c) => parts.push(`${key}:${probability(row[c])}`))
    if (labelled) parts.push(`${labelledKey}:${labelled[i]}`)
    return parts.length ? `,"measurements":{${parts.join(',')}}` : ''
  }
}

/**
 * Writes nuclei as GeoJSON that QuPath opens. It is compressed if `options.gzip` says so or the path ends in .gz.
 * Writing is atomic: on failure an existing file stays as it was. Returns the number of nuclei given, or the failures
 * of `writeAtomically`.
 */
export function writeGeoJson(
  path: string,
  classified: ClassifiedNuclei,
  options: { gzip?: boolean; signal?: AbortSignal } = {},
): Promise<Result<{ nuclei: number }>> {
  return attempt(async () => {
    await writeAtomically(path, geoJsonText(classified), options)
    return { nuclei: classified.nuclei.count }
  })
}

export const geoJsonExport: Exporter = {
  format: 'geojson',
  name: { en: 'GeoJSON (QuPath)', de: 'GeoJSON (QuPath)' },
  mediaType: 'application/geo+json',
  content: geoJsonText,
}

export const compressedGeoJsonExport: Exporter = {
  format: 'geojson.gz',
  name: { en: 'GeoJSON, compressed', de: 'GeoJSON, gepackt' },
  mediaType: 'application/gzip',
  gzip: true,
  content: geoJsonText,
}

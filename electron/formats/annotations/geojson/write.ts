import { attempt, type ClassifiedNuclei, type Result } from '../../../contract/index.ts'
import { writeAtomically } from '../../files/writeAtomically.ts'
import type { Exporter } from '../exporter.ts'
import { labelledMeasurement, probabilityMeasurement, rgbOf } from './properties.ts'

/** Rounds to 0.01 px. That is far finer than an outline is accurate, and halves the length of the text. */
const coordinate = (v: number) => Math.round(v * 100) / 100
const probability = (p: number) => Math.round(p * 1e6) / 1e6

/**
 * Returns the id of a nucleus in a file, which is the same in every export. QuPath requires a UUID. This one is version
 * 8 (RFC 9562, custom), begins with "karyon" and ends with the nucleus's id. If it has no id, '8001' marks that the
 * UUID ends with its position in the file.
 */
export const featureId = (id: number, position: number): string =>
  `6b617279-6f6e-${id ? '8000' : '8001'}-8000-${(id || position + 1).toString(16).padStart(12, '0')}`

/**
 * Yields nuclei as a GeoJSON FeatureCollection of QuPath detections. It comes piece by piece, so that the text of a
 * million nuclei is never in memory at once. Coordinates are level-0 pixels, rounded to 0.01.
 *
 * Measurements are p(class) for each class of the model, and "Labelled by human" (0 or 1) if labels are known. QuPath
 * shows both as ordinary measurements.
 */
export function* geoJsonText(classified: ClassifiedNuclei): Generator<string> {
  const { nuclei, classes, classIndex, probabilities, labelled } = classified
  const [originX, originY] = nuclei.origin
  const classTexts = classes.map(
    ({ name, color }) => `,"classification":${JSON.stringify({ name, color: rgbOf(color) })}`,
  )
  const probabilityKeys = (classified.probabilityClasses ?? []).map((n) => JSON.stringify(probabilityMeasurement(n)))
  const labelledKey = JSON.stringify(labelledMeasurement)

  const measurements = (i: number): string => {
    const parts: string[] = []
    const row = probabilities?.subarray(i * probabilityKeys.length, (i + 1) * probabilityKeys.length)
    if (row?.some((p) => p > 0)) probabilityKeys.forEach((key, c) => parts.push(`${key}:${probability(row[c])}`))
    if (labelled) parts.push(`${labelledKey}:${labelled[i]}`)
    return parts.length ? `,"measurements":{${parts.join(',')}}` : ''
  }
  const ring = (i: number): string => {
    const start = nuclei.outlineStart[i]
    const end = nuclei.outlineStart[i + 1]
    let text = ''
    for (let k = start; k <= end; k++) {
      const p = k === end ? start : k
      const x = coordinate(nuclei.outline[2 * p] + originX)
      const y = coordinate(nuclei.outline[2 * p + 1] + originY)
      text += `${k === start ? '' : ','}[${x},${y}]`
    }
    return text
  }

  yield '{"type":"FeatureCollection","generator":"Karyon, for research use only","features":['
  let separator = '\n'
  for (let i = 0; i < nuclei.count; i++) {
    if (nuclei.outlineStart[i] === nuclei.outlineStart[i + 1]) continue // a polygon needs points
    const properties = `"objectType":"detection"${classTexts[classIndex[i]] ?? ''}${measurements(i)}`
    yield (
      `${separator}{"type":"Feature","id":"${featureId(nuclei.id[i], i)}",` +
      `"geometry":{"type":"Polygon","coordinates":[[${ring(i)}]]},"properties":{${properties}}}`
    )
    separator = ',\n'
  }
  yield '\n]}\n'
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

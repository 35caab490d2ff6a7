import { attempt, type ClassifiedNuclei, type Result } from '../../contract/index.ts'
import { writeAtomically } from '../files/writeAtomically.ts'

/**
 * One field by RFC 4180. A text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP, "CSV
 * injection"): class names may come from a foreign file.
 */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Centroid (level-0 px) and area (px²) of a polygon by the shoelace formula; the mean of its points where it has no area. */
export function centroidAndArea(
  outline: Float32Array,
  start: number,
  end: number,
): { x: number; y: number; area: number } {
  let twice = 0
  let x = 0
  let y = 0
  let meanX = 0
  let meanY = 0
  // Relative to the first point, so that the products stay small and exact.
  const x0 = outline[2 * start]
  const y0 = outline[2 * start + 1]
  for (let k = start; k < end; k++) {
    const next = k + 1 === end ? start : k + 1
    const ax = outline[2 * k] - x0
    const ay = outline[2 * k + 1] - y0
    const bx = outline[2 * next] - x0
    const by = outline[2 * next + 1] - y0
    const cross = ax * by - bx * ay
    twice += cross
    x += (ax + bx) * cross
    y += (ay + by) * cross
    meanX += ax
    meanY += ay
  }
  const n = end - start
  if (Math.abs(twice) < 1e-9) return { x: x0 + meanX / n, y: y0 + meanY / n, area: 0 }
  return { x: x0 + x / (3 * twice), y: y0 + y / (3 * twice), area: Math.abs(twice) / 2 }
}

const fixed = (v: number, digits: number) => String(Number(v.toFixed(digits)))

/**
 * Nuclei as CSV (RFC 4180: CRLF, quoted where needed), one row each, piece by piece.
 *
 * @param mpp µm per level-0 pixel in x and y
 */
export function* csvText(classified: ClassifiedNuclei, mpp: { x: number; y: number }): Generator<string> {
  const { nuclei, classes, classIndex, probabilities, labelled } = classified
  const names = classified.probabilityClasses ?? []
  const columns = ['id', 'x_px', 'y_px', 'x_um', 'y_um', 'area_um2', 'class', 'probability', 'labelled_by_human']
  yield [...columns, ...names.map((name) => csvField(`p(${name})`))].join(',') + '\r\n'
  for (let i = 0; i < nuclei.count; i++) {
    const c = centroidAndArea(nuclei.outline, nuclei.outlineStart[i], nuclei.outlineStart[i + 1])
    const x = c.x + nuclei.origin[0]
    const y = c.y + nuclei.origin[1]
    const row = probabilities?.subarray(i * names.length, (i + 1) * names.length)
    const predicted = row?.some((p) => p > 0)
    const shown = classes[classIndex[i]]?.name
    const ofShown = shown === undefined ? -1 : names.indexOf(shown)
    const fields = [
      String(nuclei.id[i] || i + 1),
      fixed(x, 2),
      fixed(y, 2),
      fixed(x * mpp.x, 3),
      fixed(y * mpp.y, 3),
      fixed(c.area * mpp.x * mpp.y, 3),
      csvField(shown ?? ''),
      row && predicted && ofShown >= 0 ? fixed(row[ofShown], 6) : '',
      labelled ? String(labelled[i]) : '',
    ]
    for (let k = 0; k < names.length; k++) fields.push(row && predicted ? fixed(row[k], 6) : '')
    yield fields.join(',') + '\r\n'
  }
}

/** Writes nuclei as CSV; atomic like writeGeoJson. `mpp` is µm per level-0 pixel. */
export function writeCsv(
  path: string,
  classified: ClassifiedNuclei,
  mpp: { x: number; y: number },
  options: { gzip?: boolean; signal?: AbortSignal } = {},
): Promise<Result<{ nuclei: number }>> {
  return attempt(async () => {
    await writeAtomically(path, csvText(classified, mpp), options)
    return { nuclei: classified.nuclei.count }
  })
}

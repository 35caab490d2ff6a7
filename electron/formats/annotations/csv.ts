import { FailureError, type ClassifiedNuclei, message } from '../../contract/index.ts'
import { centroidAndArea } from '../../../models/geometry/polygon.ts'
import type { Exporter } from './exporter.ts'

/**
 * Returns one field by RFC 4180. A text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP,
 * "CSV injection"), because class names may come from a foreign file.
 */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const fixed = (v: number, digits: number) => String(Number(v.toFixed(digits)))

/**
 * Yields nuclei as CSV (RFC 4180: CRLF, quoted where needed), one row each.
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

export const csvExport: Exporter = {
  format: 'csv',
  name: { en: 'CSV table', de: 'CSV-Tabelle' },
  mediaType: 'text/csv; charset=utf-8',
  content(classified, { mpp }) {
    if (mpp) return csvText(classified, mpp)
    throw new FailureError('no-scale', message('csvNeedsScale'))
  },
}

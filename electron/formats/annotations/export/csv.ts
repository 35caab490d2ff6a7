import { FailureError, type ClassifiedNuclei, message } from '../../../contract/index.ts'
import { centroidAndArea } from '../../../../models/geometry/polygon.ts'
import type { Exporter } from './exporter.ts'
import { nucleusUuid } from './outline.ts'

/** How a table is written. A spreadsheet in German needs semicolons, and commas in its numbers. */
interface Style {
  readonly separator: ',' | ';'
  readonly decimal: '.' | ','
}
const english: Style = { separator: ',', decimal: '.' }
const german: Style = { separator: ';', decimal: ',' }

/** Without it, Excel takes the file for the system's old character set and spoils µ and umlauts. */
const byteOrderMark = '\uFEFF'

/**
 * Returns one field by RFC 4180. A text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP,
 * "CSV injection"), because class names may come from a foreign file.
 */
export function csvField(text: string, separator: ',' | ';' = ','): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /["\r\n]/.test(safe) || safe.includes(separator) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * Returns a table as CSV (RFC 4180, UTF-8 with a byte order mark). A cell that is null or that a row lacks is empty.
 */
export function csvTable(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, string | number | null | undefined>>[],
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  return byteOrderMark + lines.map((line) => line.map((cell) => csvField(cell)).join(',') + '\r\n').join('')
}

/**
 * Yields nuclei as CSV (RFC 4180: CRLF, quoted where needed), one row each, in UTF-8 with a byte order mark.
 *
 * @param mpp µm per level-0 pixel in x and y
 */
export function* csvText(
  classified: ClassifiedNuclei,
  mpp: { x: number; y: number },
  { separator, decimal }: Style = english,
): Generator<string> {
  const { nuclei, classes, classIndex, probabilities, labelled, uncertain, measurements } = classified
  const field = (text: string) => csvField(text, separator)
  const plain = (text: string) => (decimal === '.' ? text : text.replace('.', decimal))
  const fixed = (v: number, digits: number) => plain(String(Number(v.toFixed(digits))))
  const names = classified.probabilityClasses ?? []
  const measured = measurements?.names ?? []
  const columns = [
    'id',
    'x_px',
    'y_px',
    'x_um',
    'y_um',
    'area_um2',
    'class',
    'probability',
    'labelled_by_human',
    'uncertain',
  ]
  const header = [...columns, ...names.map((name) => field(`p(${name})`)), ...measured.map(field), 'uuid']
  yield byteOrderMark + header.join(separator) + '\r\n'
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
      field(shown ?? ''),
      row && predicted && ofShown >= 0 ? fixed(row[ofShown], 6) : '',
      labelled ? String(labelled[i]) : '',
      uncertain ? String(uncertain[i]) : '',
    ]
    for (let k = 0; k < names.length; k++) fields.push(row && predicted ? fixed(row[k], 6) : '')
    for (let k = 0; k < measured.length; k++) {
      const value = measurements!.values[i * measured.length + k]
      fields.push(Number.isFinite(value) ? plain(String(value)) : '')
    }
    fields.push(nucleusUuid(classified, i))
    yield fields.join(separator) + '\r\n'
  }
}

const content =
  (style: Style): Exporter['content'] =>
  (classified, { mpp }) => {
    if (mpp) return csvText(classified, mpp, style)
    throw new FailureError('no-scale', message('csvNeedsScale'))
  }

export const csvExport: Exporter = {
  format: 'csv',
  name: { en: 'CSV table', de: 'CSV-Tabelle' },
  mediaType: 'text/csv; charset=utf-8',
  content: content(english),
}

export const semicolonCsvExport: Exporter = {
  format: 'csv-semicolon',
  extension: 'csv',
  name: { en: 'CSV table with semicolons and decimal commas', de: 'CSV-Tabelle mit Semikolon und Dezimalkomma' },
  mediaType: 'text/csv; charset=utf-8',
  content: content(german),
}

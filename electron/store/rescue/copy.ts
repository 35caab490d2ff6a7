import { message, type Message } from '../../contract/index.ts'
import { gunzipSync } from 'node:zlib'
import { damageOf } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import type { DamagedFile, ReadRow, Row } from './rows.ts'

/** The tables, each after those that its rows refer to, with the words for one and for several of its rows. */
const tables = [
  'setting',
  'class',
  'model',
  'slide',
  'run',
  'runPiece',
  'classMap',
  'acceptance',
  'nucleusChunk',
  'chunkState',
  'importedData',
  'step',
  'stepChange',
  'reading',
] as const
export type Table = (typeof tables)[number]

/** Everything else refers to these. Their rows are kept if they can be read at all, whatever their checksum says. */
const alwaysKept: readonly Table[] = ['class', 'model', 'slide']

/** Collects what a rescue lost or could not check, and describes it in sentences. */
export class Losses {
  readonly #lost = new Map<Table, (string | number)[]>()
  readonly #said: Message[] = []

  add(table: Table, key: string | number): void {
    this.#lost.set(table, [...(this.#lost.get(table) ?? []), key])
  }

  addSentence(loss: Message): void {
    this.#said.push(loss)
  }

  of(table: Table): readonly (string | number)[] {
    return this.#lost.get(table) ?? []
  }

  messages(): Message[] {
    const lost = tables.flatMap((table) => {
      const keys = this.of(table)
      return keys.length === 0 ? [] : [message('rowsLost', { table, keys })]
    })
    const all = [...lost, ...this.#said]
    return all.length > 0 ? all : [message('nothingLost')]
  }
}

/** Copies every intact row of a damaged file, except those of tables derived from the log. */
export function copyRows(from: DamagedFile, to: Database, losses: Losses): void {
  to.exec('DELETE FROM setting')
  const withContent = new Set<unknown>()
  for (const { row } of from.rows('stepChange'))
    if (row && isKept('stepChange', row, losses)) withContent.add(row.values.stepId)
  for (const name of tables) {
    let unchecked = 0
    for (const { key, row } of from.rows(name)) {
      const isLost = !row || !isKept(name, row, losses) || (name === 'step' && !hasContent(row.values, withContent))
      if (isLost || !insert(to, name, row.values, from.columns(name))) {
        // A lost chunk state is not reported: it means nothing without its chunk.
        if (name !== 'chunkState') losses.add(name, key)
      } else if (row.checksum === 'missing') unchecked++
    }
    if (unchecked > 0) losses.addSentence(message('rowsUnchecked', { table: name, rows: unchecked }))
    if (name === 'slide' && to.get('SELECT 1 FROM slide') === undefined) throw damageOf(message('partSlides'))
  }
}

function isKept(name: Table, { key, values, checksum }: ReadRow, losses: Losses): boolean {
  // The blobs of a chunk are checked one by one in mend.ts.
  if (checksum === 'matches' || name === 'nucleusChunk') return true
  if (checksum === 'missing') return blobsAreWhole(values)
  if (!alwaysKept.includes(name)) return false
  losses.addSentence(message('rowChanged', { table: name, name: String(values.name ?? key) }))
  return true
}

/** Returns whether the blobs of a row can be unpacked. They are gzip, which has its own checksum. */
function blobsAreWhole(row: Row): boolean {
  try {
    for (const value of Object.values(row)) if (value instanceof Uint8Array && value.length > 0) gunzipSync(value)
    return true
  } catch {
    return false
  }
}

const hasContent = ({ id, kind }: Row, withContent: ReadonlySet<unknown>) =>
  ['note', 'undo', 'redo', 'rescue'].includes(String(kind)) || withContent.has(id)

/** Inserts a row. Returns false if it breaks a constraint of the table or refers to a lost row. */
function insert(to: Database, name: string, row: Row, columns: readonly string[]): boolean {
  // A run refers to its slide, and the slide to its shown run. mendSlides sets the latter at the end.
  const values = columns.map((c) => (name === 'slide' && c === 'activeRunId' ? null : row[c]))
  const marks = columns.map(() => '?').join(', ')
  try {
    to.run(`INSERT INTO ${name} (${columns.map((c) => `"${c}"`).join(', ')}) VALUES (${marks})`, ...values)
    return true
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && [constraint, mismatch].includes(Number(error.errcode) & 0xff))
      return false
    throw error
  }
}
const constraint = 19
const mismatch = 20

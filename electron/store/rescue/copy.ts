import { message, type Message } from '../../contract/index.ts'
import { gunzipSync } from 'node:zlib'
import { damaged } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import type { DamagedFile, FoundRow, Row } from './rows.ts'

/** Tables in an order in which what a row refers to comes before it. */
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
  'step',
  'stepChange',
  'reading',
] as const
export type Table = (typeof tables)[number]

/** All else hangs on these: kept where they can be read at all. */
const indispensable: readonly Table[] = ['class', 'model', 'slide']

/** What a rescue had to leave out, or could not check. */
export class Losses {
  readonly #lost = new Map<Table, (string | number)[]>()
  readonly #said: Message[] = []

  add(table: Table, key: string | number): void {
    this.#lost.set(table, [...(this.#lost.get(table) ?? []), key])
  }

  say(loss: Message): void {
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

/** Copies every sound row of a damaged file, but what only repeats the log. */
export function copyRows(from: DamagedFile, to: Database, losses: Losses): void {
  to.exec('DELETE FROM setting')
  const withContent = new Set<unknown>()
  for (const { found } of from.rows('stepChange'))
    if (found && isKept('stepChange', found, losses)) withContent.add(found.row.stepId)
  for (const name of tables) {
    let unsealed = 0
    for (const { key, found } of from.rows(name)) {
      const isLost = !found || !isKept(name, found, losses) || (name === 'step' && !hasContent(found.row, withContent))
      if (isLost || !insert(to, name, found.row, from.columns(name))) {
        // A mark without its block of nuclei says nothing of its own.
        if (name !== 'chunkState') losses.add(name, key)
      } else if (found.fits === 'unsealed') unsealed++
    }
    if (unsealed > 0) losses.say(message('rowsUnchecked', { table: name, rows: unsealed }))
    if (name === 'slide' && to.get('SELECT 1 FROM slide') === undefined) throw damaged(message('partSlides'))
  }
}

function isKept(name: Table, { key, row, fits }: FoundRow, losses: Losses): boolean {
  // Its blobs are looked at one by one: see mend.
  if (fits === 'yes' || name === 'nucleusChunk') return true
  if (fits === 'unsealed') return blobsAreWhole(row)
  if (!indispensable.includes(name)) return false
  losses.say(message('rowChanged', { table: name, name: String(row.name ?? key) }))
  return true
}

/** Blobs are gzip, which has a checksum of its own. */
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

/** False where the row breaks a rule of the table, or what it refers to is lost. */
function insert(to: Database, name: string, row: Row, columns: readonly string[]): boolean {
  // A run refers to its slide and that to the run it shows: that is mended in the end.
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

import { gunzipSync } from 'node:zlib'
import { damaged } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import type { DamagedFile, FoundRow, Row } from './rows.ts'

/** Tables in an order in which what a row refers to comes before it, and what a row of each is called. */
const tables: readonly (readonly [name: string, one: string, many: string])[] = [
  ['setting', 'setting', 'settings'],
  ['class', 'class', 'classes'],
  ['model', 'model', 'models'],
  ['slide', 'slide', 'slides'],
  ['run', 'run of a model', 'runs of models'],
  ['runPiece', 'block of predictions', 'blocks of predictions'],
  ['classMap', 'class mapping', 'class mappings'],
  ['acceptance', 'partial acceptance of a run', 'partial acceptances of runs'],
  ['nucleusChunk', 'block of nuclei', 'blocks of nuclei'],
  ['chunkState', 'mark of a block of nuclei', 'marks of blocks of nuclei'],
  ['step', 'entry of the log', 'entries of the log'],
  ['stepChange', 'piece of a step of the log', 'pieces of steps of the log'],
  ['reading', "reader's labels from a copy", "readers' labels from copies"],
]

/** All else hangs on these: kept where they can be read at all. */
const indispensable = ['class', 'model', 'slide']

/** What a rescue had to leave out, or could not check, in words. */
export class Losses {
  readonly #lost = new Map<string, (string | number)[]>()
  readonly #said: string[] = []

  add(table: string, key: string | number): void {
    this.#lost.set(table, [...(this.#lost.get(table) ?? []), key])
  }

  say(sentence: string): void {
    this.#said.push(sentence)
  }

  of(table: string): readonly (string | number)[] {
    return this.#lost.get(table) ?? []
  }

  sentences(): string[] {
    const lost = tables.flatMap(([name, one, many]) => {
      const keys = this.of(name)
      const count = keys.length === 1 ? `one ${one}` : `${keys.length.toLocaleString('en')} ${many}`
      const some = keys.slice(0, 10).join(', ') + (keys.length > 10 ? ', …' : '')
      return keys.length === 0
        ? []
        : [`${count} could not be read and ${keys.length === 1 ? 'is' : 'are'} lost (${some})`]
    })
    const all = [...lost, ...this.#said]
    return all.length > 0 ? all : ['part of the file was damaged and has been made anew; nothing is lost']
  }
}

/** Copies every sound row of a damaged file, but what only repeats the log. */
export function copyRows(from: DamagedFile, to: Database, losses: Losses): void {
  to.exec('DELETE FROM setting')
  const withContent = new Set<unknown>()
  for (const { found } of from.rows('stepChange'))
    if (found && isKept('stepChange', found, losses)) withContent.add(found.row.stepId)
  for (const [name] of tables) {
    let unsealed = 0
    for (const { key, found } of from.rows(name)) {
      const isLost = !found || !isKept(name, found, losses) || (name === 'step' && !hasContent(found.row, withContent))
      if (isLost || !insert(to, name, found.row, from.columns(name))) {
        // A mark without its block of nuclei says nothing of its own.
        if (name !== 'chunkState') losses.add(name, key)
      } else if (found.fits === 'unsealed') unsealed++
    }
    if (unsealed > 0) losses.say(`${unsealed.toLocaleString('en')} rows of ${name} could not be checked`)
    if (name === 'slide' && to.get('SELECT 1 FROM slide') === undefined) throw damaged('the list of its slides')
  }
}

function isKept(name: string, { key, row, fits }: FoundRow, losses: Losses): boolean {
  // Its blobs are looked at one by one: see mend.
  if (fits === 'yes' || name === 'nucleusChunk') return true
  if (fits === 'unsealed') return blobsAreWhole(row)
  if (!indispensable.includes(name)) return false
  losses.say(`${name} ${String(row.name ?? key)} may have changed: check what is said of it`)
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

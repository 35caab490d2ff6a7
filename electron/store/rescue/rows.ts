import type { SQLInputValue } from 'node:sqlite'
import type { Database } from '../file/database.ts'
import { rowSum, checkedTables, type CheckedTable } from '../file/checksums.ts'

export type Row = Readonly<Record<string, SQLInputValue>>
type Key = string | number

/** A row that could be read from a damaged file. */
export interface ReadRow {
  readonly key: Key
  /** Values by column. */
  readonly values: Row
  /** Whether the row matches its checksum. 'missing' if the file has no readable checksum for it. */
  readonly checksum: 'matches' | 'differs' | 'missing'
}

/** Reads a damaged file row by row. Finds the keys in the checksums and by reading each table from both ends. */
export class DamagedFile {
  readonly #db: Database
  readonly #tables: ReadonlyMap<string, CheckedTable>

  /** `like` is an intact file with the same tables. */
  constructor(db: Database, like: Database) {
    this.#db = db
    this.#tables = new Map(checkedTables(like).map((table) => [table.name, table]))
  }

  columns(name: string): readonly string[] {
    return this.#table(name).columns
  }

  /** Yields the rows of a table by ascending key; `row` is undefined for rows that existed and cannot be read. */
  *rows(name: string): Generator<{ readonly key: Key; readonly row: ReadRow | undefined }> {
    const { key: column } = this.#table(name)
    const seals = this.#fromBothEnds<{ key: Key; sum: number }>(
      (order) => `SELECT rowKey AS key, sum FROM seal WHERE tableName = ? ORDER BY rowKey ${order}`,
      name,
    )
    const present = this.#fromBothEnds<{ key: Key }>(
      (order) => `SELECT ${column} AS key FROM ${name} ORDER BY 1 ${order}`,
    )
    const sums = new Map(seals.map(({ key, sum }) => [key, sum]))
    const keys = new Set([...sums.keys(), ...present.map(({ key }) => key)])
    for (const key of [...keys].sort((a, b) => (a < b ? -1 : 1))) yield { key, row: this.#row(name, key, sums) }
  }

  /** Returns the highest ids that the file ever gave out, per table. */
  get sequences(): { name: string; seq: number }[] {
    return this.#db.readableRows('SELECT name, seq FROM sqlite_sequence')
  }

  #row(name: string, key: Key, sums: ReadonlyMap<Key, number>): ReadRow | undefined {
    const { key: column, columns } = this.#table(name)
    const [values] = this.#db.readableRows<Row>(`SELECT * FROM ${name} WHERE ${column} = ?`, key)
    // A damaged schema may give the table other columns.
    if (!values || columns.some((c) => values[c] === undefined)) return undefined
    const sum = sums.get(key)
    const isSame = sum === rowSum(columns.map((c) => values[c]))
    return { key, values, checksum: sum === undefined ? 'missing' : isSame ? 'matches' : 'differs' }
  }

  #fromBothEnds<R>(sql: (order: 'ASC' | 'DESC') => string, ...values: SQLInputValue[]): R[] {
    return [...this.#db.readableRows<R>(sql('ASC'), ...values), ...this.#db.readableRows<R>(sql('DESC'), ...values)]
  }

  #table(name: string): CheckedTable {
    const table = this.#tables.get(name)
    if (!table) throw new Error(`A project has no table ${name}.`)
    return table
  }
}

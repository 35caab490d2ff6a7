import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { FailureError, type FailureKind } from '../contract/index.ts'
import { damaged } from './blob.ts'

// Primary result codes of SQLite (sqlite.org/rescode.html) that are the world's fault, not ours.
const sqliteRefusals: Record<number, [FailureKind, string]> = {
  5: ['busy', 'another program has it open. Close it there and try again'],
  6: ['busy', 'another program has it open. Close it there and try again'],
  8: ['read-only', 'the file or its folder is read-only. Copy the project to a folder you may write to'],
  10: ['unreadable', 'the drive reported an error. Check its connection and try again'],
  13: ['disk-full', 'the disk is full. Make room and try again; what was confirmed before is safe'],
  14: ['read-only', 'the file cannot be opened or made there. Check that the folder exists and may be written to'],
}

const corrupt = 11
const notADatabase = 26

/** SQLite's refusals as FailureError with a sentence; anything else comes back as it was (a bug). */
export function storeFailure(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error
  const code = Number(error.errcode) & 0xff
  if (code === corrupt || code === notADatabase) return damaged('a page of it')
  const refusal = sqliteRefusals[code]
  return refusal ? new FailureError(refusal[0], `Could not ${doing}: ${refusal[1]}.`) : error
}

/** A thin layer over node:sqlite: statements prepared once, refusals as sentences, and one way to change data. */
export class Database {
  readonly path: string
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #rolledBack: (() => void)[] = []
  #inside = false
  #isClosed = false

  constructor(path: string) {
    this.path = path
    this.#db = this.#refusable(() => new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 200 }))
  }

  exec(sql: string): void {
    this.#refusable(() => this.#db.exec(sql))
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#refusable(() => this.#statement(sql).all(...values) as Row[])
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#refusable(() => this.#statement(sql).get(...values) as Row | undefined)
  }

  /** Rows up to the first that cannot be read: for damaged files. */
  readable<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    const rows: Row[] = []
    try {
      for (const row of this.#db.prepare(sql).iterate(...values)) rows.push(row as Row)
    } catch {
      // Whoever asks looks for the rest by other ways, and tells what stays lost.
    }
    return rows
  }

  /** Runs a change; the id of the last inserted row. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#refusable(() => Number(this.#statement(sql).run(...values).lastInsertRowid))
  }

  /** A deterministic function for use in SQL. */
  define(name: string, work: (...values: SQLOutputValue[]) => SQLInputValue): void {
    this.#db.function(name, { deterministic: true, varargs: true }, work)
  }

  /** `reload` is called whenever a change was taken back: what is kept in memory of the file is then read anew. */
  onRollback(reload: () => void): void {
    this.#rolledBack.push(reload)
  }

  /** Ends all `onRollback`: what asked for it is no longer in use. */
  forgetReloads(): void {
    this.#rolledBack.length = 0
  }

  /** All of `work` reaches the disk, or none of it. When this returns, it is on the disk. A nested call joins in. */
  transact<T>(work: () => T): T {
    if (this.#inside) return work()
    this.exec('BEGIN IMMEDIATE')
    this.#inside = true
    try {
      const result = work()
      this.exec('COMMIT')
      return result
    } catch (error) {
      // SQLite may have rolled back by itself (full disk); a second ROLLBACK would then hide the reason.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#inside = false
      for (const reload of this.#rolledBack) reload()
      throw error
    } finally {
      this.#inside = false
    }
  }

  close(): void {
    this.#statements.clear()
    this.#isClosed = true
    if (this.#db.isOpen) this.#db.close()
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #refusable<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      // Work that began before the project was closed and comes back to it.
      if (this.#isClosed) throw new FailureError('closed', `The project ${this.path} was closed. Open it again.`)
      throw storeFailure(error, `use the project ${this.path}`)
    }
  }
}

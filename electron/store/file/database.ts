import { statSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { FailureError, tell, type FailureKind, type Reason } from '../../contract/index.ts'
import { damaged } from './blob.ts'

// Primary result codes of SQLite (sqlite.org/rescode.html) that are the world's fault, not ours.
const sqliteRefusals: Readonly<Record<number, readonly [FailureKind, Reason]>> = {
  5: ['busy', 'openElsewhere'],
  6: ['busy', 'openElsewhere'],
  8: ['read-only', 'readOnlyProject'],
  10: ['away', 'driveError'],
  13: ['disk-full', 'fullAfterConfirmed'],
  14: ['read-only', 'cannotOpen'],
}

const ioError = 10
const corrupt = 11
const notADatabase = 26

/** SQLite's refusals as FailureError with a sentence; anything else comes back as it was (a bug). */
function storeFailure(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error
  const code = Number(error.errcode) & 0xff
  if (code === corrupt || code === notADatabase) return damaged('a page of it')
  const refusal = sqliteRefusals[code]
  return refusal ? new FailureError(refusal[0], tell('projectRefused', { path, reason: refusal[1] })) : error
}

/** How a file is taken up again after its drive was away. */
export interface Steadiness {
  /** Brings a fresh connection to where the old one was: locks and triggers. */
  settle(): void
  /** In short, what the file must still hold: its newest entry. */
  mark(): string
}

/**
 * A thin layer over node:sqlite: statements prepared once, refusals as sentences, and one way to change data.
 *
 * An open file whose folder is moved, deleted or taken away with its drive can go on being written to, for nobody to find
 * again. So before every change the file at the path must be the one that is open; one that came back as another file
 * (a drive connected anew, a folder copied back) is taken up if it holds all that was confirmed.
 */
export class Database {
  readonly path: string
  #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #rolledBack: (() => void)[] = []
  #inside = false
  #isClosed = false
  #steadiness: Steadiness | undefined
  #identity: string | undefined
  #mark = ''
  /** Errors of the drive since the last change that succeeded. */
  #driveErrors = 0

  constructor(path: string) {
    this.path = path
    this.#db = this.#refusable(() => connect(path))
  }

  /** From now on changes are refused with 'away' while the file is not at its path, and it is taken up when it returns. */
  keepSteady(steadiness: Steadiness): void {
    this.#steadiness = steadiness
    this.#identity = fileAt(this.path)
    this.#mark = steadiness.mark()
  }

  exec(sql: string): void {
    this.#refusable(() => this.#db.exec(sql))
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#read(() => this.#statement(sql).all(...values) as Row[])
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#read(() => this.#statement(sql).get(...values) as Row | undefined)
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
    const change = () => this.#refusable(() => Number(this.#statement(sql).run(...values).lastInsertRowid))
    if (this.#inside) return change()
    this.#beThere()
    const id = change()
    this.#confirmed()
    return id
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
    this.#beThere()
    this.exec('BEGIN IMMEDIATE')
    this.#inside = true
    try {
      const result = work()
      this.exec('COMMIT')
      this.#confirmed()
      return result
    } catch (error) {
      // SQLite may have rolled back by itself (full disk); a second ROLLBACK would then hide the reason.
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK')
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

  /** Reading goes on without the drive where SQLite has what is read; only a connection that was given up is made anew. */
  #read<T>(work: () => T): T {
    if (!this.#db.isOpen) this.#beThere()
    return this.#refusable(work)
  }

  /** Makes sure that what is now changed is changed in the file at the path. Fails with 'away' while it cannot. */
  #beThere(): void {
    if (!this.#steadiness || this.#isClosed) return
    const now = fileAt(this.path)
    if (now === undefined) throw new FailureError('away', tell('projectAway', { path: this.path }))
    // One error of the drive may pass by itself. A connection that failed twice may be to a drive that was taken out.
    if (now !== this.#identity) this.#takeUp(this.#steadiness, now, false)
    else if (this.#driveErrors > 1 || !this.#db.isOpen) this.#takeUp(this.#steadiness, now, true)
  }

  /**
   * Goes on with the file that is at the path now.
   * @param isSame to be closed first, because its lock would be met. Another file's write-ahead log is safe from that:
   * SQLite removes none once its file has moved (sqlite3PagerClose).
   */
  #takeUp({ settle, mark }: Steadiness, identity: string, isSame: boolean): void {
    const old = this.#db
    if (isSame && old.isOpen) old.close()
    this.#statements.clear()
    const fresh = this.#refusable(() => connect(this.path))
    this.#db = fresh
    try {
      settle()
      if (mark() !== this.#mark) throw new FailureError('away', tell('otherProject', { path: this.path }))
    } catch (error) {
      fresh.close()
      this.#statements.clear()
      this.#db = old
      throw error
    }
    if (old.isOpen) old.close()
    this.#identity = identity
    this.#driveErrors = 0
    for (const reload of this.#rolledBack) reload()
  }

  #confirmed(): void {
    this.#driveErrors = 0
    if (this.#steadiness) this.#mark = this.#steadiness.mark()
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
      if (this.#isClosed) throw new FailureError('closed', tell('projectClosed', { path: this.path }))
      if (isDriveError(error)) this.#driveErrors++
      throw storeFailure(error, this.path)
    }
  }
}

const connect = (path: string) => new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 200 })

const isDriveError = (error: unknown) =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === ioError

/** What tells the file at a path from others; undefined where there is none or its drive does not answer. */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}

import { statSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { FailureError, message, type FailureKind, type Reason } from '../../contract/index.ts'
import { damageOf } from './blob.ts'

// SQLite's primary result codes (sqlite.org/rescode.html) for failures of the environment, which are not bugs of ours.
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

/** Turns a failure of SQLite that can be expected into a FailureError. Returns every other error unchanged (a bug). */
function storeFailure(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error
  const code = Number(error.errcode) & 0xff
  if (code === corrupt || code === notADatabase) return damageOf(message('partPage'))
  const refusal = sqliteRefusals[code]
  return refusal ? new FailureError(refusal[0], message('projectRefused', { path, reason: refusal[1] })) : error
}

/** How to continue with a file after its drive was away. */
export interface Reconnection {
  /** Sets up a new connection like the old one: locks and triggers. */
  setUp(): void
  /** Returns a short text for the newest entry of the file. The file that comes back must have the same one. */
  newestEntry(): string
}

/**
 * A thin layer over node:sqlite: prepared statements are reused, SQLite's failures become FailureErrors, and there is
 * one way to change data.
 *
 * If the folder of an open file is moved, deleted or removed with its drive, the system may accept further writes that
 * are then lost. So before every change, the file at the path must be the open one. If another file is there now (a
 * drive reconnected, a folder copied back), it is opened instead, provided that it holds every confirmed change.
 */
export class Database {
  readonly path: string
  #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #rolledBack: (() => void)[] = []
  #inside = false
  #isClosed = false
  #reconnection: Reconnection | undefined
  #identity: string | undefined
  #newestEntry = ''
  /** Errors of the drive since the last successful change. */
  #driveErrors = 0

  constructor(path: string) {
    this.path = path
    this.#db = this.#translatingErrors(() => connect(path))
  }

  /**
   * From now on, changes throw FailureError 'away' while the file is not at its path. When the file returns, it is
   * opened again.
   */
  reconnectAfterLoss(reconnection: Reconnection): void {
    this.#reconnection = reconnection
    this.#identity = fileAt(this.path)
    this.#newestEntry = reconnection.newestEntry()
  }

  exec(sql: string): void {
    this.#translatingErrors(() => this.#db.exec(sql))
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#read(() => this.#statement(sql).all(...values) as Row[])
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#read(() => this.#statement(sql).get(...values) as Row | undefined)
  }

  /** Returns rows up to the first that cannot be read. For damaged files. */
  readableRows<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    const rows: Row[] = []
    try {
      for (const row of this.#db.prepare(sql).iterate(...values)) rows.push(row as Row)
    } catch {
      // The caller looks for the other rows in other ways and reports what is lost.
    }
    return rows
  }

  /** Executes a statement that changes data. Returns the id of the last inserted row. */
  run(sql: string, ...values: SQLInputValue[]): number {
    const change = () => this.#translatingErrors(() => Number(this.#statement(sql).run(...values).lastInsertRowid))
    if (this.#inside) return change()
    this.#ensureFileIsThere()
    const id = change()
    this.#noteSuccess()
    return id
  }

  /** Defines a deterministic function for use in SQL. */
  define(name: string, work: (...values: SQLOutputValue[]) => SQLInputValue): void {
    this.#db.function(name, { deterministic: true, varargs: true }, work)
  }

  /**
   * Registers `reload`, which is called after every rollback. Whoever caches content of the file reads it again there.
   */
  onRollback(reload: () => void): void {
    this.#rolledBack.push(reload)
  }

  /** Removes all `onRollback` callbacks. For when their owners are no longer in use. */
  removeRollbackCallbacks(): void {
    this.#rolledBack.length = 0
  }

  /**
   * Runs `work` as one transaction: all of it reaches the disk, or none. It is on disk when this returns. A nested call
   * joins the outer transaction.
   */
  transact<T>(work: () => T): T {
    if (this.#inside) return work()
    this.#ensureFileIsThere()
    this.exec('BEGIN IMMEDIATE')
    this.#inside = true
    try {
      const result = work()
      this.exec('COMMIT')
      this.#noteSuccess()
      return result
    } catch (error) {
      // SQLite may already have rolled back (full disk). A second ROLLBACK would then hide the reason.
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

  /**
   * Reads without checking that the file is at its path: SQLite may have the data in its cache. Only a connection that
   * was given up is opened again first.
   */
  #read<T>(work: () => T): T {
    if (!this.#db.isOpen) this.#ensureFileIsThere()
    return this.#translatingErrors(work)
  }

  /** Makes sure that the next change goes to the file at the path. Throws FailureError 'away' if it cannot. */
  #ensureFileIsThere(): void {
    if (!this.#reconnection || this.#isClosed) return
    const now = fileAt(this.path)
    if (now === undefined) throw new FailureError('away', message('projectAway', { path: this.path }))
    // A single error of the drive may pass. After a second one, the connection may belong to a drive that was removed.
    if (now !== this.#identity) this.#reopen(this.#reconnection, now, false)
    else if (this.#driveErrors > 1 || !this.#db.isOpen) this.#reopen(this.#reconnection, now, true)
  }

  /**
   * Opens the file that is at the path now and continues with it.
   * @param isSame whether it is the file that was open. Then the old connection is closed first, because its lock would
   * block the new one. For another file, the old connection can be closed last: it does not delete the new file's
   * write-ahead log, because SQLite deletes no log once its database file has moved (sqlite3PagerClose).
   */
  #reopen({ setUp, newestEntry }: Reconnection, identity: string, isSame: boolean): void {
    const old = this.#db
    if (isSame && old.isOpen) old.close()
    this.#statements.clear()
    const fresh = this.#translatingErrors(() => connect(this.path))
    this.#db = fresh
    try {
      setUp()
      if (newestEntry() !== this.#newestEntry)
        throw new FailureError('away', message('otherProject', { path: this.path }))
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

  #noteSuccess(): void {
    this.#driveErrors = 0
    if (this.#reconnection) this.#newestEntry = this.#reconnection.newestEntry()
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #translatingErrors<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      // A call that began before the project was closed and finishes afterwards.
      if (this.#isClosed) throw new FailureError('closed', message('projectClosed', { path: this.path }))
      if (isDriveError(error)) this.#driveErrors++
      throw storeFailure(error, this.path)
    }
  }
}

/**
 * Connects to a file that may come from a stranger: what its own schema calls can do no harm (sqlite.org/security.html),
 * and nothing can write to the schema's table or load an extension.
 */
function connect(path: string): DatabaseSync {
  const db = new DatabaseSync(path, {
    enableForeignKeyConstraints: true,
    timeout: 200,
    allowExtension: false,
    defensive: true,
  })
  db.exec('PRAGMA trusted_schema = OFF')
  return db
}

const isDriveError = (error: unknown) =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === ioError

/**
 * Identifies the file at a path (device and inode). Returns undefined if there is none or its drive does not respond.
 */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}

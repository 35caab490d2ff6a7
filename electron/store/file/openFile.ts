import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { dirname } from 'node:path'
import { FailureError, message, systemFailure, type Message } from '../../contract/index.ts'
import { DamagedFileError, damageOf } from './blob.ts'
import { ChunkStore } from '../nuclei/chunkStore.ts'
import { runMigrations } from './createDatabase.ts'
import { Database } from './database.ts'
import { checkStructure, refuseForeignCode } from './integrity.ts'
import { isNetworkFolder } from '../networkFolder.ts'
import { forgetOwner, readOwner, writeOwner } from './owner.ts'
import { derivedTables, rebuild, type DerivedTable } from '../rescue/rebuild.ts'
import { rescue } from '../rescue/index.ts'
import { applicationId, schemaVersion } from './schema.ts'
import { checkChecksums, installChecksumTriggers } from './checksums.ts'
import { walDamage } from './walDamage.ts'

/** An open file, with sentences on what was damaged and has been rebuilt or left out. */
export interface Opened {
  readonly db: Database
  readonly repairs: readonly Message[]
}

export interface OpenOptions {
  /** Whether the file is on a network share. Default: what isNetworkFolder says. */
  readonly onShare?: boolean
  /** Whether to save what can be read of a damaged file into a new file in its place. Default: throw. */
  readonly rescue?: boolean
}

/**
 * Opens a project file for this process alone, checks it and migrates it to the current schema. Rebuilds damaged tables
 * that can be derived from the log. Throws FailureError 'not-found', 'unreadable' (foreign, damaged, empty, with triggers or views that are not ours),
 * 'unsupported' (newer), 'busy' or 'read-only', and those of Database.
 */
export function openDatabase(path: string, options: OpenOptions = {}): Opened {
  const { onShare = isNetworkFolder(dirname(path)) } = options
  checkIsProject(path)
  checkIsWritable(path)
  const lost = walDamage(path)
  const unread = lost === undefined ? [] : [lost]
  const db = new Database(path)
  try {
    lock(db, onShare)
    const repairs = checkAndMigrate(db)
    const noteOwner = () => writeOwner(path, { pid: process.pid, host: hostname(), user: userInfo().username })
    noteOwner()
    db.reconnectAfterLoss({
      setUp() {
        lock(db, onShare)
        installChecksumTriggers(db)
        noteOwner()
      },
      newestEntry: () => JSON.stringify(db.all(newest)),
    })
    return { db, repairs: [...unread, ...repairs] }
  } catch (error) {
    if (!(error instanceof DamagedFileError) || !options.rescue) throw closeAndReturn(db, error)
    const rescued = tryRescue(db, () => rescue(path, () => db.close()))
    if (!rescued) throw closeAndReturn(db, error)
    const again = openDatabase(path, { onShare })
    return { db: again.db, repairs: [...unread, ...rescued, ...again.repairs] }
  }
}

/** The file's copy id and its newest step. */
const newest = `SELECT value, (SELECT id || ' ' || time FROM step ORDER BY id DESC LIMIT 1) AS step
  FROM setting WHERE key = 'copyId'`

/** Checks a file and migrates it to the current schema. Returns what was rebuilt. */
function checkAndMigrate(db: Database): Message[] {
  refuseForeignCode(db)
  const old = migrate(db)
  const repairs = damageFromParserErrors(() => {
    checkStructure(db)
    const broken = checkChecksums(db, derivedTables)
    installChecksumTriggers(db)
    return rebuild(db, [...old, ...broken])
  })
  new ChunkStore(db).deleteUnpublished()
  return repairs
}

/** Runs a rescue. Returns undefined if the file is too damaged to rescue anything. */
function tryRescue(db: Database, work: () => Message[]): Message[] | undefined {
  try {
    return damageFromParserErrors(work)
  } catch (error) {
    if (error instanceof DamagedFileError) return undefined
    throw closeAndReturn(db, error)
  }
}

function closeAndReturn(db: Database, error: unknown): unknown {
  db.close()
  return error
}

export function closeDatabase(db: Database): void {
  db.close()
  forgetOwner(db.path)
}

// WAL needs shared memory, which does not work across machines, so a network share gets a rollback journal
// (sqlite.org/wal.html).
function lock(db: Database, onShare: boolean): void {
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    db.exec(`PRAGMA journal_mode = ${onShare ? 'DELETE' : 'WAL'}`)
    db.exec('PRAGMA synchronous = FULL')
    // Takes the lock now and keeps it. An unwritable file is noticed here and not at the first label.
    db.exec('BEGIN EXCLUSIVE')
    db.exec(`PRAGMA application_id = ${applicationId}`)
    db.exec('COMMIT')
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.kind !== 'busy') throw error
    const owner = readOwner(db.path)
    throw new FailureError(
      'busy',
      message('projectInUse', {
        path: db.path,
        by: owner ? { user: owner.user, host: owner.host, process: owner.pid } : null,
      }),
    )
  }
}

/** Migrates a file to the current schema. Returns the derivable tables that were damaged before. */
function migrate(db: Database): DerivedTable[] {
  const version = db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
  if (version > schemaVersion)
    throw new FailureError('unsupported', message('projectNewer', { path: db.path, version, known: schemaVersion }))
  if (version === schemaVersion) return []
  if (version < 1) throw damageOf(message('partVersion'))
  const broken = damageFromParserErrors(() => {
    checkStructure(db, version)
    return version < 2 ? [] : checkChecksums(db, derivedTables, version)
  })
  backUp(db, version)
  damageFromParserErrors(() => {
    db.transact(() => runMigrations(db, version))
    db.exec('VACUUM')
  })
  return broken
}

/** Copies the project to a backup file beside it before a migration. An existing backup of the same version is kept. */
function backUp(db: Database, version: number): void {
  const backup = `${db.path}.version-${version}.backup`
  if (existsSync(backup)) return
  try {
    // The content of the write-ahead log must be in the file before it is copied.
    db.exec('PRAGMA wal_checkpoint (TRUNCATE)')
    copyFileSync(db.path, `${backup}.part`)
    renameSync(`${backup}.part`, backup)
  } catch (error) {
    rmSync(`${backup}.part`, { force: true })
    const failure = systemFailure(error, { do: 'copyProject', path: db.path })
    throw failure ? FailureError.of(failure) : error
  }
}

/**
 * Runs `work`. Errors of SQLite or a parser on content that Karyon did not write mean damage: they become
 * DamagedFileError ('unreadable').
 */
function damageFromParserErrors<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const isDamage =
      error instanceof RangeError ||
      error instanceof SyntaxError ||
      (error instanceof Error && 'code' in error && /^ERR_(SQLITE_ERROR|OUT_OF_RANGE)$/.test(String(error.code)))
    throw isDamage ? damageOf(message('partContent')) : error
  }
}

// Checks the header alone before SQLite may change a file that is not ours (layout: sqlite.org/fileformat.html §1.3).
function checkIsProject(path: string): void {
  const head = Buffer.alloc(100)
  let length: number
  try {
    if (statSync(path).isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' })
    const file = openSync(path, 'r')
    try {
      length = readSync(file, head, 0, 100, 0)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    const failure = systemFailure(error, { do: 'openProject', path })
    throw failure ? FailureError.of(failure) : error
  }
  if (length === 0) throw new FailureError('unreadable', message('projectEmpty', { path }))
  if (length < 100 || head.toString('latin1', 0, 16) !== 'SQLite format 3\0' || head.readUInt32BE(68) !== applicationId)
    throw new FailureError('unreadable', message('projectForeign', { path }))
}

// Without this check, SQLite would report an error of the drive.
function checkIsWritable(path: string): void {
  try {
    for (const what of [path, dirname(path)]) accessSync(what, constants.W_OK)
  } catch (error) {
    const failure = systemFailure(error, { do: 'writeProject', path })
    throw failure ? FailureError.of(failure) : error
  }
}

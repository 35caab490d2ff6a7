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
import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { dirname } from 'node:path'
import { FailureError, systemFailure } from '../contract/index.ts'
import { damaged } from './blob.ts'
import { ChunkStore } from './chunkStore.ts'
import { Database } from './database.ts'
import { checkStructure } from './integrity.ts'
import { isNetworkFolder } from './networkFolder.ts'
import { forgetOwner, readOwner, writeOwner } from './owner.ts'
import { derivedTables, rebuild } from './rebuild.ts'
import { applicationId, migrations, schemaVersion } from './schema.ts'
import { checkSeals, keepSeals, sealAll } from './seals.ts'
import { walDamage } from './walDamage.ts'

/** An open file, and what of it was damaged and has been made again or left out, in words. */
export interface Opened {
  readonly db: Database
  readonly repaired: readonly string[]
}

export interface OpenOptions {
  /** Whether the file lies on a network share; by default as far as the system tells. */
  readonly onShare?: boolean
}

/**
 * Opens a project file for this process alone, checks it and brings it to the current schema. What only repeats the log
 * is made again where it is damaged.
 * Fails with 'not-found', 'unreadable' (foreign, damaged, empty), 'unsupported' (newer), 'busy' or 'read-only'.
 */
export function openDatabase(path: string, { onShare = isNetworkFolder(dirname(path)) }: OpenOptions = {}): Opened {
  refuseForeign(path)
  refuseReadOnly(path)
  const lost = walDamage(path)
  const db = new Database(path)
  try {
    lock(db, onShare)
    const old = migrate(db)
    const repaired = checked(() => {
      checkStructure(db)
      const broken = checkSeals(db, derivedTables)
      keepSeals(db)
      return rebuild(db, [...old, ...broken])
    })
    new ChunkStore(db).forgetUnpublished()
    writeOwner(path, { pid: process.pid, host: hostname(), user: userInfo().username })
    return { db, repaired: lost === undefined ? repaired : [lost, ...repaired] }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Makes an empty project file: it appears whole or not at all. Fails if a file is there, or the folder is read-only. */
export function createDatabase(path: string): void {
  if (existsSync(path))
    throw new FailureError(
      'invalid-input',
      `Could not make the project ${path}: a file is there already. Open it or choose another name.`,
    )
  refuseReadOnlyFolder(path)
  const unfinished = `${path}.new-${process.pid}`
  rmSync(unfinished, { force: true })
  const db = new Database(unfinished)
  try {
    db.transact(() => {
      db.exec(`PRAGMA application_id = ${applicationId}`)
      runMigrations(db, 0)
    })
    db.close()
    renameSync(unfinished, path)
  } catch (error) {
    db.close()
    rmSync(unfinished, { force: true })
    throw error
  }
}

export function closeDatabase(db: Database): void {
  db.close()
  forgetOwner(db.path)
}

// WAL's shared memory does not work across machines: on a share the rollback journal is the safe one (sqlite.org/wal.html).
function lock(db: Database, onShare: boolean): void {
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    db.exec(`PRAGMA journal_mode = ${onShare ? 'DELETE' : 'WAL'}`)
    db.exec('PRAGMA synchronous = FULL')
    // Takes the lock now and keeps it, and shows now rather than at the first label that the file cannot be written.
    db.exec('BEGIN EXCLUSIVE')
    db.exec(`PRAGMA application_id = ${applicationId}`)
    db.exec('COMMIT')
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.kind !== 'busy') throw error
    const owner = readOwner(db.path)
    const who = owner ? `${owner.user} on ${owner.host} (process ${owner.pid})` : 'another program'
    throw new FailureError(
      'busy',
      `The project ${db.path} can be open only once, and ${who} has it open. Close it there and try again.`,
    )
  }
}

/** Tables that only repeat the log and were damaged before. */
function migrate(db: Database): string[] {
  const version = db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
  if (version > schemaVersion)
    throw new FailureError(
      'unsupported',
      `The project ${db.path} was written by a newer Karyon (file version ${version}; this one reads up to ${schemaVersion}). Update Karyon to open it.`,
    )
  if (version === schemaVersion) return []
  if (version < 1) throw damaged('its version')
  const broken = checked(() => {
    checkStructure(db, version)
    return version < 2 ? [] : checkSeals(db, derivedTables, version)
  })
  backUp(db, version)
  checked(() => {
    db.transact(() => runMigrations(db, version))
    db.exec('VACUUM')
  })
  return broken
}

/** Beside the project, under a name that says what it is; an older backup of the same version is not overwritten. */
function backUp(db: Database, version: number): void {
  const backup = `${db.path}.version-${version}.backup`
  if (existsSync(backup)) return
  try {
    // The write-ahead log's content has to be in the file that is copied.
    db.exec('PRAGMA wal_checkpoint (TRUNCATE)')
    copyFileSync(db.path, `${backup}.part`)
    renameSync(`${backup}.part`, backup)
  } catch (error) {
    rmSync(`${backup}.part`, { force: true })
    const failure = systemFailure(error, `keep a copy of the project ${db.path} before bringing it to the new version`)
    throw failure ? new FailureError(failure.kind, failure.message) : error
  }
}

function runMigrations(db: Database, from: number): void {
  for (const migration of migrations.slice(from)) migration(db)
  db.run(`INSERT INTO setting (key, value) VALUES ('copyId', ?) ON CONFLICT (key) DO NOTHING`, randomUUID())
  db.exec(`PRAGMA user_version = ${schemaVersion}`)
  sealAll(db)
}

/** SQLite or a parser that trips over content which no Karyon wrote: the file is damaged. */
function checked<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const isDamage =
      error instanceof RangeError ||
      error instanceof SyntaxError ||
      (error instanceof Error && 'code' in error && /^ERR_(SQLITE_ERROR|OUT_OF_RANGE)$/.test(String(error.code)))
    throw isDamage ? damaged('part of its content') : error
  }
}

// From the header alone, before SQLite may touch a file that is not ours (layout: sqlite.org/fileformat.html §1.3).
function refuseForeign(path: string): void {
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
    const failure = systemFailure(error, `open the project ${path}`)
    throw failure ? new FailureError(failure.kind, failure.message) : error
  }
  const hint = 'Choose a file that ends in .karyon and was made by Karyon, or restore it from a backup.'
  if (length === 0) throw new FailureError('unreadable', `The project ${path} is an empty file. ${hint}`)
  if (length < 100 || head.toString('latin1', 0, 16) !== 'SQLite format 3\0' || head.readUInt32BE(68) !== applicationId)
    throw new FailureError('unreadable', `The file ${path} is not a Karyon project. ${hint}`)
}

// SQLite would tell of an error of the drive.
function refuseReadOnly(path: string): void {
  try {
    for (const what of [path, dirname(path)]) accessSync(what, constants.W_OK)
  } catch (error) {
    const failure = systemFailure(error, `open the project ${path} to write to it`)
    throw failure ? new FailureError(failure.kind, failure.message) : error
  }
}

function refuseReadOnlyFolder(path: string): void {
  const probe = `${path}.probe-${process.pid}`
  try {
    closeSync(openSync(probe, 'wx'))
    rmSync(probe)
  } catch (error) {
    const failure = systemFailure(error, `make the project ${path}`)
    throw failure ? new FailureError(failure.kind, failure.message) : error
  }
}

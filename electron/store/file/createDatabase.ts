import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { FailureError, message, systemFailure } from '../../contract/index.ts'
import { Database } from './database.ts'
import { applicationId, migrations, schemaVersion } from './schema.ts'
import { computeChecksums } from './checksums.ts'

/**
 * Creates an empty project file. Writes it under another name and renames it, so that it appears complete or not at
 * all. Throws FailureError if the file exists or the folder is read-only.
 */
export function createDatabase(path: string): void {
  if (existsSync(path)) throw new FailureError('invalid-input', message('projectTaken', { path }))
  checkFolderIsWritable(path)
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

/** Migrates a file from version `from` (0: empty) to the current one. */
export function runMigrations(db: Database, from: number): void {
  for (const migration of migrations.slice(from)) migration(db)
  db.run(`INSERT INTO setting (key, value) VALUES ('copyId', ?) ON CONFLICT (key) DO NOTHING`, randomUUID())
  db.exec(`PRAGMA user_version = ${schemaVersion}`)
  computeChecksums(db)
}

function checkFolderIsWritable(path: string): void {
  const probe = `${path}.probe-${process.pid}`
  try {
    closeSync(openSync(probe, 'wx'))
    rmSync(probe)
  } catch (error) {
    const failure = systemFailure(error, { do: 'makeProject', path })
    throw failure ? FailureError.of(failure) : error
  }
}

import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { FailureError, message, systemFailure, type Message } from '../../contract/index.ts'
import { damageOf } from '../file/blob.ts'
import { createDatabase } from '../file/createDatabase.ts'
import { Database } from '../file/database.ts'
import { derivedTables, rebuild } from './rebuild.ts'
import { mend } from './mend.ts'
import { copyRows, Losses } from './copy.ts'
import { DamagedFile } from './rows.ts'
import { restoreState } from './state.ts'
import { computeChecksums } from '../file/checksums.ts'

/**
 * Saves what can be read of a damaged project into a new file in its place and keeps the damaged file beside it.
 * Returns sentences on what was lost. Rows that do not match their checksums count as lost, except slides, classes and
 * models, to which everything else refers: they are kept and reported. `release` closes the project just before its
 * file is replaced. Throws DamagedFileError ('unreadable') if not even the list of slides can be read; the file is then
 * unchanged.
 */
export function rescue(path: string, release: () => void): Message[] {
  const [unfinished, copy] = [`${path}.rescue-${process.pid}`, `${path}.reading-${process.pid}`]
  const losses = new Losses()
  try {
    rmSync(unfinished, { force: true })
    createDatabase(unfinished)
    save(copy, path, unfinished, losses)
    const kept = keepDamaged(path)
    release()
    // The logs of the damaged file must not be applied to the new one.
    for (const rest of logs) rmSync(`${path}${rest}`, { force: true })
    renameSync(unfinished, path)
    return [...losses.messages(), message('damagedKept', { path: kept })]
  } catch (error) {
    const failure = systemFailure(error, { do: 'rescueProject', path })
    throw failure ? FailureError.of(failure) : error
  } finally {
    for (const file of [unfinished, copy]) for (const rest of ['', ...logs]) rmSync(`${file}${rest}`, { force: true })
  }
}

const logs = ['-wal', '-shm', '-journal']

function save(copy: string, path: string, unfinished: string, losses: Losses): void {
  const damagedFile = readableCopy(copy, path)
  const saved = new Database(unfinished)
  try {
    if (!damagedFile.readableRows(`SELECT 1 FROM sqlite_schema WHERE name = 'chunkState'`)[0])
      throw damageOf(message('partTables'))
    saved.transact(() => {
      const from = new DamagedFile(damagedFile, saved)
      copyRows(from, saved, losses)
      mend(from, saved, losses)
      rebuild(saved, derivedTables)
      restoreState(from, saved, losses)
      computeChecksums(saved)
    })
  } finally {
    saved.close()
    damagedFile.close()
  }
}

/**
 * Opens a copy of a damaged file, padded to the length in its header: SQLite reads no page of a shorter file (layout:
 * sqlite.org/fileformat.html §1.3).
 */
function readableCopy(copy: string, path: string): Database {
  copyFileSync(path, copy)
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`)
  const head = readFileSync(copy).subarray(0, 100)
  const pageSize = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16)
  const length = pageSize * head.readUInt32BE(28)
  if (statSync(copy).size < length) truncateSync(copy, length)
  return new Database(copy)
}

function keepDamaged(path: string): string {
  let name = `${path}.damaged`
  for (let n = 2; existsSync(name); n++) name = `${path}.damaged-${n}`
  copyFileSync(path, name)
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${name}-wal`)
  return name
}

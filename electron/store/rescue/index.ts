import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { FailureError, systemFailure } from '../../contract/index.ts'
import { damaged } from '../file/blob.ts'
import { createDatabase } from '../file/createDatabase.ts'
import { Database } from '../file/database.ts'
import { derivedTables, rebuild } from './rebuild.ts'
import { mend } from './mend.ts'
import { copyRows, Losses } from './copy.ts'
import { DamagedFile } from './rows.ts'
import { restoreState } from './state.ts'
import { sealAll } from '../file/checksums.ts'

/**
 * Saves all that can be read of a damaged project into a new file in its place; the damaged one is kept beside it. What was
 * lost, in words. Rows that do not fit their checksum count as lost, but for slides, classes and models, on which all
 * else hangs: those are kept and told. `release` closes the project just before its file is replaced.
 * Fails with 'unreadable' where not even the list of slides can be read; the file is then as it was.
 */
export function rescue(path: string, release: () => void): string[] {
  const [unfinished, copy] = [`${path}.rescue-${process.pid}`, `${path}.reading-${process.pid}`]
  const losses = new Losses()
  try {
    rmSync(unfinished, { force: true })
    createDatabase(unfinished)
    save(copy, path, unfinished, losses)
    const kept = keepDamaged(path)
    release()
    // What the damaged file's log held must not be written into the new one.
    for (const rest of logs) rmSync(`${path}${rest}`, { force: true })
    renameSync(unfinished, path)
    return [...losses.sentences(), `the damaged file is kept as ${kept}`]
  } catch (error) {
    const failure = systemFailure(error, `rescue the project ${path}`)
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
    if (!damagedFile.readable(`SELECT 1 FROM sqlite_schema WHERE name = 'chunkState'`)[0])
      throw damaged('the list of its tables')
    saved.transact(() => {
      const from = new DamagedFile(damagedFile, saved)
      copyRows(from, saved, losses)
      mend(from, saved, losses)
      rebuild(saved, derivedTables)
      restoreState(from, saved, losses)
      sealAll(saved)
    })
  } finally {
    saved.close()
    damagedFile.close()
  }
}

/** SQLite reads no page of a file that is shorter than its header says: a copy is filled up (layout: fileformat.html §1.3). */
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

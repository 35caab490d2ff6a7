import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { FailureError, systemFailure } from '../contract/index.ts'
import { damaged } from './blob.ts'
import { createDatabase } from './createDatabase.ts'
import { Database } from './database.ts'
import { derivedTables, rebuild } from './rebuild.ts'
import { mend } from './rescueMend.ts'
import { copyRows, Losses } from './rescueCopy.ts'
import { DamagedFile } from './rescueRows.ts'
import { restoreState } from './rescueState.ts'
import { sealAll } from './seals.ts'

/**
 * Saves all that can be read of a damaged project into a new file in its place; the damaged one is kept beside it. What was
 * lost, in words. Rows that do not fit their checksum count as lost, but for slides, classes and models, on which all
 * else hangs: those are kept and told. `db` is closed.
 * Fails with 'unreadable' where not even the list of slides can be read; the file is then as it was.
 */
export function rescue(db: Database, path: string): string[] {
  if (!db.readable(`SELECT 1 FROM sqlite_schema WHERE name = 'chunkState'`)[0]) throw damaged('the list of its tables')
  const unfinished = `${path}.rescue-${process.pid}`
  const losses = new Losses()
  try {
    rmSync(unfinished, { force: true })
    createDatabase(unfinished)
    const saved = new Database(unfinished)
    try {
      saved.transact(() => {
        const from = new DamagedFile(db, saved)
        copyRows(from, saved, losses)
        mend(from, saved, losses)
        rebuild(saved, derivedTables)
        restoreState(from, saved, losses)
        sealAll(saved)
      })
    } finally {
      saved.close()
    }
    const kept = keepDamaged(path)
    db.close()
    // What the damaged file's log held must not be written into the new one.
    for (const rest of ['-wal', '-shm', '-journal']) rmSync(`${path}${rest}`, { force: true })
    renameSync(unfinished, path)
    return [...losses.sentences(), `the damaged file is kept as ${kept}`]
  } catch (error) {
    rmSync(unfinished, { force: true })
    const failure = systemFailure(error, `rescue the project ${path}`)
    throw failure ? new FailureError(failure.kind, failure.message) : error
  }
}

function keepDamaged(path: string): string {
  let name = `${path}.damaged`
  for (let n = 2; existsSync(name); n++) name = `${path}.damaged-${n}`
  copyFileSync(path, name)
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${name}-wal`)
  return name
}

import { FailureError, message } from '../../contract/index.ts'
import { damageOf } from './blob.ts'
import { Database } from './database.ts'
import { migrations } from './schema.ts'

/**
 * Throws DamagedFileError ('unreadable') if pages, indices or references are damaged, or if the tables are not those of
 * `version` (default: the current one). Reads the whole file once.
 */
export function checkStructure(db: Database, version = migrations.length): void {
  const result = db.all<{ integrity_check: string }>('PRAGMA integrity_check (1)')
  if (result[0]?.integrity_check !== 'ok') throw damageOf(message('partPage'))
  if (db.all('PRAGMA foreign_key_check').length > 0) throw damageOf(message('partReferences'))
  if (JSON.stringify(tables(db)) !== expectedTables(version)) throw damageOf(message('partTables'))
}

/**
 * Throws FailureError 'unreadable' if the file holds what SQLite would run by itself and Karyon never makes: views,
 * virtual tables, triggers of other names. Call it before anything reads or changes a table. Such a file is not damaged,
 * so it is not rescued: someone made it like this. A trigger of ours with another text counts as damage (checkStructure),
 * and a rescue, which only reads the tables, leaves it behind.
 */
export function refuseForeignCode(db: Database): void {
  const ours = new Set((JSON.parse(expectedTables(migrations.length)) as Entry[]).map(({ name }) => name))
  const foreign = db
    .readableRows<Entry>(`SELECT type, name, sql FROM sqlite_schema`)
    .filter(
      ({ type, name, sql }) =>
        type === 'view' || (type === 'trigger' && !ours.has(name)) || /^\s*CREATE\s+VIRTUAL\b/i.test(sql ?? ''),
    )
  if (foreign.length === 0) return
  const names = foreign.slice(0, 3).map(({ name }) => String(name).slice(0, 40))
  throw new FailureError('unreadable', message('projectHoldsCode', { path: db.path, names, count: foreign.length }))
}

interface Entry {
  readonly type: string
  readonly name: string
  readonly sql: string | null
}

const tables = (db: Database) =>
  db.all<Entry>(`SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY type, name, tbl_name`)

const known = new Map<number, string>()
function expectedTables(version: number): string {
  let text = known.get(version)
  if (text === undefined) {
    const fresh = new Database(':memory:')
    try {
      for (const migration of migrations.slice(0, version)) migration(fresh)
      known.set(version, (text = JSON.stringify(tables(fresh))))
    } finally {
      fresh.close()
    }
  }
  return text
}

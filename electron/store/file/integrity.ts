import { message } from '../../contract/index.ts'
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

const tables = (db: Database) =>
  db.all(`SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY type, name, tbl_name`)

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

import { message } from '../../contract/index.ts'
import { damaged } from './blob.ts'
import { Database } from './database.ts'
import { migrations } from './schema.ts'

/**
 * Throws Damage ('unreadable') if pages, indices or references are damaged, or if the tables are not those of `version`
 * (default: the current one). Reads the whole file once.
 */
export function checkStructure(db: Database, version = migrations.length): void {
  const result = db.all<{ integrity_check: string }>('PRAGMA integrity_check (1)')
  if (result[0]?.integrity_check !== 'ok') throw damaged(message('partPage'))
  if (db.all('PRAGMA foreign_key_check').length > 0) throw damaged(message('partReferences'))
  if (JSON.stringify(tables(db)) !== expected(version)) throw damaged(message('partTables'))
}

const tables = (db: Database) =>
  db.all(`SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY type, name, tbl_name`)

const known = new Map<number, string>()
function expected(version: number): string {
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

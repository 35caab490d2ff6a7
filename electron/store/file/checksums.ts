import { message } from '../../contract/index.ts'
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { Database } from './database.ts'
import { damageOf } from './blob.ts'
import { schemaVersion } from './schema.ts'

/**
 * Keeps a checksum of every row in the table `seal`, by temporary triggers on this connection. SQLite notices a damaged
 * page, but not a flipped bit inside a row. A row counts as damaged if its checksum does not match or is missing, or if
 * the row is gone and its checksum is not.
 */
export function installChecksumTriggers(db: Database): void {
  defineSum(db)
  for (const { name, key, columns } of checkedTables(db)) {
    const sum = (row: string) => sumOf(columns, row)
    db.exec(`
      CREATE TEMP TRIGGER sealInserted_${name} AFTER INSERT ON main.${name} BEGIN
        INSERT INTO seal VALUES ('${name}', NEW.${key}, ${sum('NEW.')})
        ON CONFLICT (tableName, rowKey) DO UPDATE SET sum = excluded.sum; END;
      CREATE TEMP TRIGGER sealUpdated_${name} AFTER UPDATE ON main.${name} BEGIN
        UPDATE seal SET sum = ${sum('NEW.')} WHERE tableName = '${name}' AND rowKey = NEW.${key}; END;
      CREATE TEMP TRIGGER sealDeleted_${name} AFTER DELETE ON main.${name} BEGIN
        DELETE FROM seal WHERE tableName = '${name}' AND rowKey = OLD.${key}; END;`)
  }
}

/** Recomputes the checksums of all rows. Needed after a migration. */
export function computeChecksums(db: Database): void {
  defineSum(db)
  db.exec('DELETE FROM seal')
  for (const { name, key, columns } of checkedTables(db))
    db.exec(`INSERT INTO seal SELECT '${name}', ${key}, ${sumOf(columns)} FROM ${name}`)
}

/**
 * Returns the tables with rows that do not match their checksums. Before file version 3, checksums did not cover blobs.
 */
export function brokenTables(db: Database, version = schemaVersion): string[] {
  defineSum(db)
  return checkedTables(db, version >= 3)
    .filter(({ name, key, columns }) => {
      const broken = db.get(
        `SELECT 1 FROM ${name} AS t LEFT JOIN seal ON tableName = '${name}' AND rowKey = t.${key}
         WHERE sum IS NOT ${sumOf(columns, 't.')} LIMIT 1`,
      )
      const rows = db.get<{ n: number }>(`SELECT count(*) AS n FROM ${name}`)?.n
      const seals = db.get<{ n: number }>(`SELECT count(*) AS n FROM seal WHERE tableName = ?`, name)?.n
      return broken !== undefined || rows !== seals
    })
    .map(({ name }) => name)
}

/**
 * Throws DamagedFileError ('unreadable') if rows do not match their checksums, except in the tables `derived`: of
 * these, the damaged ones are returned.
 */
export function checkChecksums<T extends string>(db: Database, derived: readonly T[], version?: number): T[] {
  const broken = brokenTables(db, version)
  const isDerived = (name: string): name is T => (derived as readonly string[]).includes(name)
  const lost = broken.filter((name) => !isDerived(name))
  if (lost.length > 0) throw damageOf(message('partTable', { tables: lost }))
  return broken.filter(isDerived)
}

export interface CheckedTable {
  readonly name: string
  readonly key: string
  readonly columns: readonly string[]
}

export function checkedTables(db: Database, withBlobs = true): CheckedTable[] {
  return db
    .all<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .filter(({ name }) => name !== 'seal' && !name.startsWith('sqlite_'))
    .map(({ name }) => {
      const columns = db.all<{ name: string; type: string; pk: number }>(`PRAGMA table_info (${name})`)
      return {
        name,
        key: columns.find((c) => c.pk === 1)?.name ?? 'rowid',
        columns: columns.filter((c) => withBlobs || c.type !== 'BLOB').map((c) => c.name),
      }
    })
}

const sumOf = (columns: readonly string[], prefix = '') => `sumOf(${columns.map((c) => `${prefix}"${c}"`).join(', ')})`

const defineSum = (db: Database) => db.define('sumOf', (...values) => rowSum(values))

/** Returns the CRC-32 of a row: of its plain values as JSON, continued over its blobs one after the other. */
export const rowSum = (values: readonly (SQLInputValue | SQLOutputValue)[]): number =>
  values.reduce<number>(
    (sum, value) => (value instanceof Uint8Array ? crc32(value, sum) : sum),
    crc32(JSON.stringify(values.filter((value) => !(value instanceof Uint8Array)))),
  )

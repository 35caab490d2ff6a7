import type { Database } from '../file/database.ts'

/** Reserves `count` consecutive nucleus ids and returns the first. They are never given out again. */
export function reserveIds(db: Database, count: number): number {
  const key = 'nextNucleusId'
  const row = db.get<{ value: string }>('SELECT value FROM setting WHERE key = ?', key)
  const first = Number(row?.value ?? 1)
  db.run(
    'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    key,
    String(first + count),
  )
  return first
}

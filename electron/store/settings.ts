import type { Database } from './file/database.ts'

type SettingKey =
  | 'reader'
  | 'activeModelId'
  | 'projectId'
  | 'copyId'
  | 'liveLearning'
  | 'audits'
  | 'proposedRuns'
  | 'learnedFrom'
  | 'batch'
  | 'unfit'

/** Small named values of a project. */
export class Settings {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(key: SettingKey): string | undefined {
    return this.#db.get<{ value: string }>('SELECT value FROM setting WHERE key = ?', key)?.value
  }

  set(key: SettingKey, value: string): void {
    this.#db.run(
      'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      key,
      value,
    )
  }
}

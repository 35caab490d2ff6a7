import { existsSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import type { Database } from '../file/database.ts'

export interface RegisteredModel {
  readonly id: string
  /** The folder where the model should be now. It may not exist. */
  readonly folder: string
}

/** Models that belong to a project: fine-tuned in it or added from elsewhere. */
export class ModelRegister {
  readonly #db: Database
  readonly #folder: string

  constructor(db: Database) {
    this.#db = db
    this.#folder = dirname(resolve(db.path))
  }

  add(id: string, folder: string): void {
    const absolute = resolve(folder)
    this.#db.run(
      `INSERT INTO model (id, relativePath, absolutePath, created) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET relativePath = excluded.relativePath, absolutePath = excluded.absolutePath`,
      id,
      relative(this.#folder, absolute).split(sep).join('/'),
      absolute,
      new Date().toISOString(),
    )
  }

  /** Returns all models, oldest first. */
  all(): RegisteredModel[] {
    return this.#db
      .all<{ id: string; relativePath: string; absolutePath: string }>('SELECT * FROM model ORDER BY created, id')
      .map(({ id, relativePath, absolutePath }) => {
        const beside = resolve(this.#folder, relativePath)
        return { id, folder: existsSync(beside) ? beside : absolutePath }
      })
  }
}

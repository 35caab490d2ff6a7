import { FailureError, okabeIto, type NucleusClass } from '../contract/index.ts'
import type { Database } from './database.ts'

/** Keys in the order new classes take them: the left hand's digits, then letters that no command uses. */
const classKeys = '123456789qwertasdfgyxcvb'

/** A project's classes, in order. */
export class ClassScheme {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  all(): NucleusClass[] {
    return this.#db
      .all<NucleusClass>('SELECT id, name, color, key FROM class ORDER BY position, id')
      .map((row) => ({ ...row }))
  }

  get(id: number): NucleusClass {
    const found = this.all().find((c) => c.id === id)
    if (!found)
      throw new FailureError('not-found', `There is no class ${id} in this project. Choose one of its classes.`)
    return found
  }

  /** The class of each name; names that are new are added with the next free colour and key. */
  ensure(named: readonly { readonly name: string; readonly color?: string }[]): NucleusClass[] {
    return this.#db.transact(() => {
      for (const { name, color } of named) {
        const classes = this.all()
        if (classes.some((c) => c.name === name)) continue
        const key = [...classKeys].find((k) => classes.every((c) => c.key !== k)) ?? '0'
        const free = okabeIto.find((o) => classes.every((c) => c.color !== o))
        this.#db.run(
          'INSERT INTO class (position, name, color, key) VALUES (?, ?, ?, ?)',
          classes.length,
          name,
          color ?? free ?? okabeIto[classes.length % okabeIto.length],
          key,
        )
      }
      const classes = this.all()
      return named.map(({ name }) => classes.find((c) => c.name === name) as NucleusClass)
    })
  }
}

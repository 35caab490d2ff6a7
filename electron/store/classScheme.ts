import { FailureError, classColours, tell, type ClassUses, type NucleusClass } from '../contract/index.ts'
import type { Database } from './file/database.ts'

/** Keys in the order new classes take them: digits, the left hand's letters, then the right's. All are free for classes. */
const classKeys = '1234567890qwertasdfgyxcvbzuiophjklnm'

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
      for (const { name, color } of named) if (!this.all().some((c) => c.name === name)) this.#insert(null, name, color)
      const classes = this.all()
      return named.map(({ name }) => classes.find((c) => c.name === name) as NucleusClass)
    })
  }

  /** A new class with the next free colour and key; its id. Fails where the name is taken. */
  add(name: string): number {
    this.#refuseTaken(name)
    return this.ensure([{ name }])[0].id
  }

  /** Puts a class in the place of one whose entry is lost, so that labels which name its id have a class. */
  replaceLost(id: number): void {
    this.#insert(id, `class ${id} (rescued)`)
  }

  /** Another name, colour or key for a class. Fails where another class has that name or key. */
  change({ id, ...wanted }: Pick<NucleusClass, 'id'> & Partial<NucleusClass>): void {
    const before = this.get(id)
    const { name, color, key } = { ...before, ...wanted }
    if (name !== before.name) this.#refuseTaken(name)
    const other = this.all().find((c) => c.id !== id && key !== '' && c.key.toLowerCase() === key.toLowerCase())
    if (other) throw new FailureError('invalid-input', tell('keyTaken', { key, name: other.name }))
    this.#db.run('UPDATE class SET name = ?, color = ?, key = ? WHERE id = ?', name, color, key, id)
  }

  /** Takes a class out of the scheme. Fails while a run, an undoable step or a label uses it. */
  remove(id: number, { labels, steps, runs }: ClassUses): void {
    const { name } = this.get(id)
    const users = [
      ...(labels > 0 ? [`${labels.toLocaleString('en')} labels`] : []),
      ...(steps > 0 ? [`${steps.toLocaleString('en')} steps of the history that can be undone or redone`] : []),
      ...(runs > 0 ? [`${runs.toLocaleString('en')} classifications by models`] : []),
    ]
    if (users.length > 0)
      throw new FailureError(
        'invalid-input',
        `The class ${name} is in use by ${users.join(' and ')}; nothing of that may be lost. Rename it instead.`,
      )
    this.#db.transact(() => {
      this.#db.run('DELETE FROM classMap WHERE classId = ?', id)
      this.#db.run('DELETE FROM class WHERE id = ?', id)
    })
  }

  /** Which class of the project a model's class stands for, in runs to come. */
  map(modelClass: string, classId: number): void {
    this.get(classId)
    this.#db.run(
      'INSERT INTO classMap (modelClass, classId) VALUES (?, ?) ON CONFLICT (modelClass) DO UPDATE SET classId = excluded.classId',
      modelClass,
      classId,
    )
  }

  /** The project's class of each of a model's classes: as mapped, else that of the same name, which is added if new. */
  forModel(modelClasses: readonly string[]): NucleusClass[] {
    return this.#db.transact(() =>
      modelClasses.map((name) => {
        const mapped = this.#db.get<{ classId: number }>('SELECT classId FROM classMap WHERE modelClass = ?', name)
        return mapped ? this.get(mapped.classId) : this.ensure([{ name }])[0]
      }),
    )
  }

  #insert(id: number | null, name: string, color?: string): void {
    const classes = this.all()
    const key = [...classKeys].find((k) => classes.every((c) => c.key !== k)) ?? ''
    const free = classColours.find((o) => classes.every((c) => c.color !== o))
    this.#db.run(
      'INSERT INTO class (id, position, name, color, key) VALUES (?, ?, ?, ?, ?)',
      id,
      classes.length,
      name,
      color ?? free ?? classColours[classes.length % classColours.length],
      key,
    )
  }

  #refuseTaken(name: string): void {
    if (this.all().some((c) => c.name === name)) throw new FailureError('invalid-input', tell('nameTaken', { name }))
  }
}

import { classColours, FailureError, message, type ClassUses, type NucleusClass } from '../contract/index.ts'
import type { Database } from './file/database.ts'

/**
 * Shortcut keys, in the order in which new classes get them: digits, left-hand letters, right-hand letters. The app
 * uses none of them for anything else.
 */
const classKeys = '1234567890qwertasdfgyxcvbzuiophjklnm'

/** The classes of a project, in display order. */
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
    if (!found) throw new FailureError('not-found', message('noClass', { id }))
    return found
  }

  /**
   * Returns the class for each name. Adds missing classes with the next free colour (unless `color` is given) and key.
   */
  getOrAdd(named: readonly { readonly name: string; readonly color?: string }[]): NucleusClass[] {
    return this.#db.transact(() => {
      for (const { name, color } of named) if (!this.all().some((c) => c.name === name)) this.#insert(null, name, color)
      const classes = this.all()
      return named.map(({ name }) => classes.find((c) => c.name === name) as NucleusClass)
    })
  }

  /**
   * Adds a class with the next free colour and key, and returns its id. Throws FailureError 'invalid-input' if the name
   * is taken.
   */
  add(name: string): number {
    this.checkNameIsFree(name)
    return this.getOrAdd([{ name }])[0].id
  }

  /** Adds a placeholder class under the id of a lost one, so that labels that refer to this id have a class. */
  replaceLost(id: number): void {
    this.#insert(id, `class ${id} (rescued)`)
  }

  /**
   * Changes the name, colour or key of a class. Throws FailureError 'invalid-input' if another class has that name or
   * key.
   */
  change({ id, ...wanted }: Pick<NucleusClass, 'id'> & Partial<NucleusClass>): void {
    const before = this.get(id)
    const { name, color, key } = { ...before, ...wanted }
    if (name !== before.name) this.checkNameIsFree(name)
    const other = this.all().find((c) => c.id !== id && key !== '' && c.key.toLowerCase() === key.toLowerCase())
    if (other) throw new FailureError('invalid-input', message('keyTaken', { key, name: other.name }))
    this.#db.transact(() => {
      this.#db.run('UPDATE class SET name = ?, color = ?, key = ? WHERE id = ?', name, color, key, id)
      // Models still use the old name. Without this, their next run would bring back a class of that name.
      if (name === before.name) return
      this.#forgetMap(name)
      this.#db.run('INSERT OR IGNORE INTO classMap (modelClass, classId) VALUES (?, ?)', before.name, id)
    })
  }

  /**
   * Removes a class. Throws FailureError 'invalid-input' while a label, a step that can be undone or redone, or a run
   * uses it.
   */
  remove(id: number, { labels, steps, runs }: ClassUses): void {
    const { name } = this.get(id)
    const users = [
      ...(labels > 0 ? [message('classUsesLabels', { count: labels })] : []),
      ...(steps > 0 ? [message('classUsesSteps', { count: steps })] : []),
      ...(runs > 0 ? [message('classUsesRuns', { count: runs })] : []),
    ]
    if (users.length > 0) throw new FailureError('invalid-input', message('classInUse', { name, uses: users }))
    this.#db.transact(() => {
      this.#db.run('DELETE FROM classMap WHERE classId = ?', id)
      this.#db.run('DELETE FROM class WHERE id = ?', id)
    })
  }

  /** Sets the project class that future runs use for a model's class. */
  mapModelClass(modelClass: string, classId: number): void {
    this.get(classId)
    this.#db.run(
      'INSERT INTO classMap (modelClass, classId) VALUES (?, ?) ON CONFLICT (modelClass) DO UPDATE SET classId = excluded.classId',
      modelClass,
      classId,
    )
  }

  /**
   * Returns the project class for each of a model's classes: the mapped one, else the one with the same name, which is
   * added if it is missing.
   */
  forModel(modelClasses: readonly string[]): NucleusClass[] {
    return this.#db.transact(() =>
      modelClasses.map((name) => {
        const mapped = this.#mapped(name)
        return mapped === undefined ? this.getOrAdd([{ name }])[0] : this.get(mapped)
      }),
    )
  }

  /**
   * Returns the project class for each class of another tool's file: the one that stands for it, else a new one with the
   * file's colour. Names that differ in case are two classes, so that an export gives back the file's names.
   */
  forImport(named: readonly { readonly name: string; readonly color?: string }[]): NucleusClass[] {
    return this.#db.transact(() => named.map((one) => this.matching(one.name) ?? this.getOrAdd([one])[0]))
  }

  /** Returns the class that stands for another tool's class of this name, if the project has one. */
  matching(name: string): NucleusClass | undefined {
    const own = this.#mapped(name)
    return own === undefined ? undefined : this.get(own)
  }

  /**
   * Returns the names that the project's classes, in order, have in a model with `modelClasses`: that of the model's
   * class that stands for it, else its own.
   */
  namesFor(modelClasses: readonly string[]): string[] {
    const standsFor = modelClasses.map((name) => [name, this.#mapped(name)] as const)
    const own = this.all()
    const names = own.map(({ id, name }) => standsFor.find(([, classId]) => classId === id)?.[0] ?? name)
    // Two classes of one name could not be told apart in the new model.
    return new Set(names).size === names.length ? names : own.map(({ name }) => name)
  }

  /** A class now has this name itself, so it stands for no other class any more. */
  #forgetMap(name: string): void {
    this.#db.run('DELETE FROM classMap WHERE modelClass = ?', name)
  }

  /** Returns the id of the project class that a model's class stands for; undefined if it would be a new class. */
  #mapped(modelClass: string): number | undefined {
    const mapped = this.#db.get<{ classId: number }>('SELECT classId FROM classMap WHERE modelClass = ?', modelClass)
    return mapped?.classId ?? this.all().find(({ name }) => name === modelClass)?.id
  }

  #insert(id: number | null, name: string, color?: string): void {
    this.#forgetMap(name)
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

  checkNameIsFree(name: string): void {
    if (this.all().some((c) => c.name === name)) throw new FailureError('invalid-input', message('nameTaken', { name }))
  }
}

import { FailureError, type Step } from '../contract/index.ts'
import { decodeChanges, encodeChanges, reversed, type Changes } from './changes.ts'
import type { Database } from './database.ts'
import { blockSize, changedBlocks, labelsOf } from './labelColumns.ts'
import { UndoStacks, type LogEntry } from './undoStacks.ts'

interface StepRow extends LogEntry {
  slideId: number
  time: string
  reader: string
  title: string
  reason: string
  count: number
}

export interface NewStep {
  readonly slideId: number
  readonly reader: string
  readonly title: string
  readonly reason?: string
  /** Nuclei to change; order and repetitions do not matter, the last word on a nucleus counts. */
  readonly ids: ArrayLike<number>
  /** New class id for all, or one for each; 0 takes the label away. */
  readonly classId: number | ArrayLike<number>
}

/** A step that undo or redo concerned. */
export interface MovedStep {
  readonly step: Step
  readonly slideId: number
}

/**
 * The label log: append-only named steps, and the columns that replaying it gives. Undo and redo append too. Every
 * change is on disk when the call returns; a failed change leaves log and columns as they were.
 */
export class LabelLog {
  readonly #db: Database
  readonly #blocks = new Map<number, Uint16Array>()
  readonly #stacks = new UndoStacks()

  constructor(db: Database) {
    this.#db = db
    for (const entry of db.all<LogEntry>('SELECT id, kind, target FROM step ORDER BY id')) this.#stacks.append(entry)
    for (const { block, classes } of db.all<{ block: number; classes: Uint8Array }>(
      'SELECT block, classes FROM labelBlock',
    ))
      this.#blocks.set(block, asClasses(classes))
  }

  /** Appends a named step; its id. */
  label(step: NewStep): number {
    const classOf = new Map<number, number>()
    const { ids: given, classId } = step
    for (let i = 0; i < given.length; i++) classOf.set(given[i], typeof classId === 'number' ? classId : classId[i])
    const ids = Uint32Array.from(classOf.keys()).sort()
    if (ids.length === 0) throw new FailureError('invalid-input', 'A label needs at least one nucleus; none was given.')
    const after = Uint16Array.from(ids, (id) => classOf.get(id) ?? 0)
    return this.#append('label', null, step, { ids, before: labelsOf(this.#blocks, ids), after })
  }

  /** Takes the newest step back; that step and its slide, or null where there is none. */
  undo(reader: string): MovedStep | null {
    const target = this.#stacks.undoable
    return target === undefined ? null : this.#revert('undo', target, reader)
  }

  /** Brings the step taken back last again; that step and its slide, or null where there is none. */
  redo(reader: string): MovedStep | null {
    const target = this.#stacks.redoable
    return target === undefined ? null : this.#revert('redo', target, reader)
  }

  get canUndo(): boolean {
    return this.#stacks.undoable !== undefined
  }

  get canRedo(): boolean {
    return this.#stacks.redoable !== undefined
  }

  /** Human label of each of `ids`; 0 = none. */
  labelsOf(ids: Uint32Array): Uint16Array {
    return labelsOf(this.#blocks, ids)
  }

  /** The newest `limit` named steps, newest last. */
  steps(limit: number): Step[] {
    const rows = this.#db.all<StepRow>(`SELECT * FROM step WHERE kind = 'label' ORDER BY id DESC LIMIT ?`, limit)
    return rows.reverse().map((row) => this.#asStep(row))
  }

  /** Steps that labelled one nucleus, newest last. */
  historyOf(id: number): Step[] {
    return this.#db
      .all<StepRow & { changes: Uint8Array }>(
        'SELECT step.*, changes FROM step JOIN stepChange ON stepId = id WHERE ? BETWEEN minId AND maxId ORDER BY id',
        id,
      )
      .filter(({ changes }) => decodeChanges(changes).ids.includes(id))
      .map((row) => this.#asStep(row))
  }

  /** Ids that undoing and redoing could still give a label: their nuclei must not go. */
  idsInRedo(): Set<number> {
    return new Set(this.#stacks.redoableSteps.flatMap((step) => [...this.#changesOf(step).ids]))
  }

  /** The columns as the log alone gives them: for checks, equal to the stored ones. */
  replay(): Map<number, Uint16Array> {
    const blocks = new Map<number, Uint16Array>()
    for (const { id, kind, target } of this.#db.all<LogEntry>('SELECT id, kind, target FROM step ORDER BY id')) {
      const changes = this.#changesOf(target ?? id)
      for (const [at, block] of changedBlocks(blocks, kind === 'undo' ? reversed(changes) : changes))
        blocks.set(at, block)
    }
    return blocks
  }

  /** The stored columns, read-only. */
  get blocks(): ReadonlyMap<number, Uint16Array> {
    return this.#blocks
  }

  #revert(kind: 'undo' | 'redo', target: number, reader: string): MovedStep {
    const row = this.#row(target)
    const changes = this.#changesOf(target)
    this.#append(kind, target, { ...row, reader }, kind === 'undo' ? reversed(changes) : changes)
    return { step: this.#asStep(row), slideId: row.slideId }
  }

  #append(
    kind: LogEntry['kind'],
    target: number | null,
    { slideId, reader, title, reason = '' }: Pick<NewStep, 'slideId' | 'reader' | 'title' | 'reason'>,
    changes: Changes,
  ): number {
    const blocks = changedBlocks(this.#blocks, changes)
    const { ids } = changes
    const id = this.#db.transact(() => {
      const stepId = this.#db.run(
        'INSERT INTO step (kind, target, slideId, time, reader, title, reason, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        kind,
        target,
        slideId,
        new Date().toISOString(),
        reader,
        title,
        reason,
        ids.length,
      )
      // An undo is the inverse of its target: storing the arrays twice would only double the file.
      if (kind === 'label')
        this.#db.run(
          'INSERT INTO stepChange (stepId, minId, maxId, changes) VALUES (?, ?, ?, ?)',
          stepId,
          ids[0],
          ids[ids.length - 1],
          encodeChanges(changes),
        )
      const gained = labelledIn(changes.after) - labelledIn(changes.before)
      this.#db.run('UPDATE slide SET labelled = labelled + ? WHERE id = ?', gained, slideId)
      for (const [at, block] of blocks)
        this.#db.run(
          'INSERT INTO labelBlock (block, classes) VALUES (?, ?) ON CONFLICT (block) DO UPDATE SET classes = excluded.classes',
          at,
          new Uint8Array(block.buffer, block.byteOffset, block.byteLength),
        )
      return stepId
    })
    for (const [at, block] of blocks) this.#blocks.set(at, block)
    this.#stacks.append({ id, kind, target })
    return id
  }

  #changesOf(step: number): Changes {
    const row = this.#db.get<{ changes: Uint8Array }>('SELECT changes FROM stepChange WHERE stepId = ?', step)
    if (!row)
      throw new FailureError(
        'unreadable',
        `The label log of ${this.#db.path} lacks the content of step ${step}. Restore a backup.`,
      )
    return decodeChanges(row.changes)
  }

  #row(id: number): StepRow {
    const row = this.#db.get<StepRow>('SELECT * FROM step WHERE id = ?', id)
    if (!row) throw new Error(`Step ${id} is on the undo stack and not in the log.`)
    return row
  }

  #asStep({ id, title, time, reader, count }: StepRow): Step {
    return { id, title, time, reader, count, undone: this.#stacks.isUndone(id) }
  }
}

const labelledIn = (classes: Uint16Array) => classes.reduce((sum, c) => sum + (c ? 1 : 0), 0)

function asClasses(bytes: Uint8Array): Uint16Array {
  if (bytes.byteLength !== 2 * blockSize)
    throw new FailureError(
      'unreadable',
      'A block of labels has the wrong length: the project file is damaged. Restore a backup.',
    )
  return new Uint16Array(bytes.slice().buffer)
}

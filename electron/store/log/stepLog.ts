import {
  FailureError,
  inEnglish,
  message,
  messageSchema,
  type Message,
  type Step,
  type StepKind,
  type StepMove,
} from '../../contract/index.ts'
import type { Database } from '../file/database.ts'
import { blockSize } from './labelChanges.ts'
import { partNames, type PartName } from './part.ts'
import { reversedChanges, type Parts, type StepChanges } from './stepParts.ts'
import { UndoStacks, type LogEntry } from './undoStacks.ts'

interface StepRow extends LogEntry {
  slideId: number
  time: string
  reader: string
  /** In English, for whoever reads the file without Karyon. */
  title: string
  /** The title as a message (JSON), or empty. */
  told: string
  reason: string
  count: number
}

export interface NewEntry {
  readonly kind: StepKind
  readonly slideId: number
  readonly reader: string
  readonly title: Message
  readonly reason?: string
  /** Number of nuclei (regions, …) that the step concerns. */
  readonly count: number
  readonly changes: StepChanges
}

/** A step that was undone or redone. */
export interface UndoneOrRedoneStep {
  readonly step: Step
  readonly slideId: number
  /** What changed (before → after, as the step was made first: undo went the other way). */
  readonly changes: StepChanges
}

interface ChangeRow {
  part: PartName
  block: number
  content: Uint8Array
}

/**
 * The log of a project: append-only, named steps, each with what it changed (before → after). Undo and redo append
 * entries too. Every change is on disk when its call returns. A change that fails leaves the log and the state as they
 * were.
 */
export class StepLog {
  readonly #db: Database
  readonly #parts: Parts
  #stacks = this.#newStacks()

  constructor(db: Database, parts: Parts) {
    this.#db = db
    this.#parts = parts
    this.#load()
    db.onRollback(() => this.#load())
  }

  /** Appends a named step, applies its changes and returns its id. */
  append(entry: NewEntry): number {
    return this.#db.transact(() => {
      const id = this.#insert(entry.kind, null, entry)
      for (const part of partNames)
        for (const [block, content] of this.#rows(part, entry.changes))
          this.#db.run(
            'INSERT INTO stepChange (stepId, part, block, content) VALUES (?, ?, ?, ?)',
            id,
            part,
            block,
            content,
          )
      this.#apply(entry.slideId, entry.changes)
      return id
    })
  }

  /** Undoes the newest step that can be undone. Returns what moved, or null if there is none. */
  undo(reader: string): UndoneOrRedoneStep | null {
    const target = this.#stacks.undoable
    return target === undefined ? null : this.#undoOrRedo('undo', target, reader)
  }

  /** Redoes the step that was undone last. Returns what moved, or null if there is none. */
  redo(reader: string): UndoneOrRedoneStep | null {
    const target = this.#stacks.redoable
    return target === undefined ? null : this.#undoOrRedo('redo', target, reader)
  }

  /**
   * Undoes or redoes one step after another up to and including `step`, in one transaction. Returns the steps in the
   * order in which they were undone or redone. Throws FailureError 'invalid-input' if `step` can be neither undone nor
   * redone.
   */
  goTo(step: number, reader: string): UndoneOrRedoneStep[] {
    const move = this.#stacks.moveOf(step)
    if (!move) throw new FailureError('invalid-input', message('stepStays'))
    return this.#db.transact(() => {
      const moved: UndoneOrRedoneStep[] = []
      while (this.#stacks.moveOf(step) === move) {
        const next = (move === 'undo' ? this.#stacks.undoable : this.#stacks.redoable) ?? step
        moved.push(this.#undoOrRedo(move, next, reader))
      }
      return moved
    })
  }

  get canUndo(): boolean {
    return this.#stacks.undoable !== undefined
  }

  get canRedo(): boolean {
    return this.#stacks.redoable !== undefined
  }

  /** Returns the newest `limit` named steps, newest last. */
  steps(limit: number): Step[] {
    const rows = this.#db.all<StepRow>(
      `SELECT * FROM step WHERE kind NOT IN ('undo', 'redo') ORDER BY id DESC LIMIT ?`,
      limit,
    )
    return rows.reverse().map((row) => this.#asStep(row))
  }

  /** Returns the steps that changed the label or outline of a nucleus, newest last. */
  historyOf(nucleusId: number): Step[] {
    const candidates = this.#db.all<StepRow>(
      `SELECT DISTINCT step.* FROM step JOIN stepChange ON stepId = step.id
       WHERE block = ? AND part IN ('labels', 'outlines') ORDER BY step.id`,
      Math.floor(nucleusId / blockSize),
    )
    return candidates.filter((row) => this.#concerns(row.id, nucleusId)).map((row) => this.#asStep(row))
  }

  /** Returns the packed content of the given parts of all steps of the log. */
  packedContents(parts: readonly PartName[]): ChangeRow[] {
    return this.#db.all<ChangeRow>(
      `SELECT part, block, content FROM stepChange WHERE part IN (${placeholders(parts)})`,
      ...parts,
    )
  }

  /** Yields every change that undo or redo can still reach, oldest first. `kind`: only steps of this kind. */
  *reachable(kind?: StepKind): Generator<StepChanges> {
    for (const id of this.#stacks.reachable)
      if (kind === undefined || this.#row(id).kind === kind) yield this.changesOf(id)
  }

  /** Returns the ids of the nuclei whose label or outline was changed by steps after `after`. */
  nucleiChangedSince(after: number): Set<number> {
    const named = new Set<number>()
    for (const { id } of this.#db.all<{ id: number }>('SELECT id FROM step WHERE id > ?', after)) {
      const { labels, outlines } = this.changesOf(id)
      for (const ids of [labels?.ids ?? [], outlines?.ids ?? []]) for (const nucleus of ids) named.add(nucleus)
    }
    return named
  }

  /** Id of the newest entry of the log; 0 if there is none. */
  get last(): number {
    return this.#db.get<{ last: number | null }>('SELECT max(id) AS last FROM step')?.last ?? 0
  }

  /** Yields the changes of all entries, in order. Applied to an empty state, they give the present state. */
  *replay(): Generator<{ slideId: number; changes: StepChanges }> {
    for (const { id, kind, target, slideId } of this.#db.all<StepRow>('SELECT * FROM step ORDER BY id')) {
      const changes = this.changesOf(target ?? id)
      yield { slideId, changes: kind === 'undo' ? reversedChanges(this.#parts, changes) : changes }
    }
  }

  /** Yields the label steps after `after` that are not undone, in order; with `reason`, only those with this reason. */
  *notUndoneLabelSteps(
    after = 0,
    reason?: string,
  ): Generator<{ reader: string; reason: string; time: string; changes: StepChanges }> {
    const steps = this.#db.all<StepRow>(
      `SELECT * FROM step WHERE kind = 'label' AND id > ? AND (? IS NULL OR reason = ?) ORDER BY id`,
      after,
      reason ?? null,
      reason ?? null,
    )
    for (const { id, reader, reason, time } of steps)
      if (!this.#stacks.isUndone(id)) yield { reader, reason, time, changes: this.changesOf(id) }
  }

  /**
   * Finds where this log and one with the same beginning diverge. Returns the last step that they share (0: none) and
   * the time of the first entry after it in this log ('': none).
   */
  divergenceFrom(other: StepLog): { lastShared: number; divergedAt: string } {
    const [mine, theirs] = [this.#rowsInOrder(), other.#rowsInOrder()]
    const same = (k: number) =>
      theirs.length > k &&
      (['id', 'kind', 'time', 'reader', 'title'] as const).every((c) => mine[k][c] === theirs[k][c])
    let k = 0
    while (k < mine.length && same(k)) k++
    return { lastShared: mine[k - 1]?.id ?? 0, divergedAt: mine[k]?.time ?? '' }
  }

  /**
   * Returns what a step changed in the given parts. Throws DamagedFileError ('unreadable') if its content is damaged.
   */
  changesOf(step: number, parts: readonly PartName[] = partNames): StepChanges {
    const rows = this.#db.all<ChangeRow>(
      `SELECT part, block, content FROM stepChange WHERE stepId = ? AND part IN (${placeholders(parts)})`,
      step,
      ...parts,
    )
    const read = <K extends PartName>(part: K): Pick<StepChanges, K> | object => {
      const own = rows.filter((row) => row.part === part)
      return own.length > 0 ? { [part]: this.#parts[part].read(own) } : {}
    }
    return Object.assign({}, ...parts.map(read)) as StepChanges
  }

  #undoOrRedo(kind: StepMove, target: number, reader: string): UndoneOrRedoneStep {
    const row = this.#row(target)
    const changes = this.changesOf(target)
    this.#db.transact(() => {
      // An undo or redo stores no content: its target has it, and a copy would only double the file.
      this.#insert(kind, target, { ...row, title: titleOf(row), reader })
      this.#apply(row.slideId, kind === 'undo' ? reversedChanges(this.#parts, changes) : changes)
    })
    return { step: this.#asStep(row), slideId: row.slideId, changes }
  }

  #insert(
    kind: LogEntry['kind'],
    target: number | null,
    { slideId, reader, title, reason = '', count }: Omit<NewEntry, 'kind' | 'changes'>,
  ): number {
    const id = this.#db.run(
      'INSERT INTO step (kind, target, slideId, time, reader, title, told, reason, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      kind,
      target,
      slideId,
      new Date().toISOString(),
      reader,
      inEnglish(title),
      JSON.stringify(title),
      reason,
      count,
    )
    this.#stacks.append({ id, kind, target })
    return id
  }

  #apply(slideId: number, changes: StepChanges): void {
    const apply = <K extends PartName>(part: K) => {
      const change = changes[part]
      if (change !== undefined) this.#parts[part].apply(slideId, change)
    }
    partNames.forEach(apply)
  }

  #rows<K extends PartName>(part: K, changes: StepChanges): Iterable<readonly [number, Uint8Array]> {
    const change = changes[part]
    return change === undefined ? [] : this.#parts[part].rows(change)
  }

  #concerns(step: number, nucleusId: number): boolean {
    const rows = this.#db.all<ChangeRow>(
      `SELECT part, block, content FROM stepChange WHERE stepId = ? AND (part = 'outlines' OR part = 'labels' AND block = ?)`,
      step,
      Math.floor(nucleusId / blockSize),
    )
    const of = (part: PartName) => rows.filter((row) => row.part === part)
    const labels = of('labels')
    const outlines = of('outlines')
    return (
      (labels.length > 0 && this.#parts.labels.read(labels).ids.includes(nucleusId)) ||
      (outlines.length > 0 && this.#parts.outlines.read(outlines).ids.includes(nucleusId))
    )
  }

  #load(): void {
    this.#stacks = this.#newStacks()
    for (const entry of this.#db.all<LogEntry>('SELECT id, kind, target FROM step ORDER BY id'))
      this.#stacks.append(entry)
  }

  /**
   * Creates empty stacks. Only steps of kind 'nuclei' (detections, imports) can lack what undo needs, so only their
   * content is read, and only of parts with canUndoOrRedo.
   */
  #newStacks(): UndoStacks {
    return new UndoStacks((id) => {
      if (this.#row(id).kind !== 'nuclei') return true
      const lacking = partNames.filter((part) => this.#parts[part].canUndoOrRedo)
      const changes = this.changesOf(id, lacking)
      const can = <K extends PartName>(part: K) => {
        const change = changes[part]
        return change === undefined || (this.#parts[part].canUndoOrRedo?.(change) ?? true)
      }
      return lacking.every(can)
    })
  }

  #rowsInOrder(): StepRow[] {
    return this.#db.all<StepRow>('SELECT * FROM step ORDER BY id')
  }

  #row(id: number): StepRow {
    const row = this.#db.get<StepRow>('SELECT * FROM step WHERE id = ?', id)
    if (!row) throw new FailureError('unreadable', message('logLacksStep', { path: this.#db.path, step: id }))
    return row
  }

  #asStep({ id, kind, title, told, time, reader, reason, count }: StepRow): Step {
    if (kind === 'undo' || kind === 'redo') throw new Error(`Step ${id} is an ${kind}, not a named step.`)
    return {
      id,
      kind,
      title: titleOf({ title, told }),
      time,
      reader,
      reason,
      count,
      undone: this.#stacks.isUndone(id),
      move: this.#stacks.moveOf(id),
    }
  }
}

const placeholders = (values: readonly unknown[]): string => values.map(() => '?').join(', ')

const titleOf = ({ title, told }: Pick<StepRow, 'title' | 'told'>): Message =>
  (told ? messageSchema.safeParse(JSON.parse(told)).data : undefined) ?? message('asWritten', { text: title })

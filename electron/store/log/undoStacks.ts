import type { StepKind, StepMove } from '../../contract/index.ts'

/** A log entry, as far as undo and redo need it. */
export interface LogEntry {
  readonly id: number
  readonly kind: StepKind | StepMove
  /** The step that an undo or redo concerns; null for other entries. */
  readonly target: number | null
}

/** Which steps can be undone and redone. Derived from the log, never stored. */
export class UndoStacks {
  #done: number[] = []
  #undone: number[] = []
  readonly #undoneIds = new Set<number>()
  readonly #canUndoOrRedo: (step: number) => boolean

  /** `canUndoOrRedo` returns whether undo and redo still have what they need for a step. Other steps are skipped. */
  constructor(canUndoOrRedo: (step: number) => boolean) {
    this.#canUndoOrRedo = canUndoOrRedo
  }

  append({ id, kind, target }: LogEntry): void {
    // A note records a merge. A merge only adds data and leaves labels as they are, so there is nothing to undo.
    if (kind === 'note') return
    if (kind === 'rescue') {
      this.#done = []
      this.#undone = []
      return
    }
    if (kind !== 'undo' && kind !== 'redo') {
      this.#done.push(id)
      this.#undone = []
      return
    }
    const step = target ?? id
    const [from, to] = kind === 'undo' ? [this.#done, this.#undone] : [this.#undone, this.#done]
    // Steps above it were skipped. If damage left gaps in the log, a later 'rescue' entry clears both stacks.
    const at = from.lastIndexOf(step)
    if (at >= 0) from.length = at
    to.push(step)
    if (kind === 'undo') this.#undoneIds.add(step)
    else this.#undoneIds.delete(step)
  }

  get undoable(): number | undefined {
    return this.#done.findLast(this.#canUndoOrRedo)
  }

  get redoable(): number | undefined {
    return this.#undone.findLast(this.#canUndoOrRedo)
  }

  /** Returns whether a step can be undone or redone; null if neither. */
  moveOf(step: number): StepMove | null {
    const move = this.#undone.includes(step) ? 'redo' : this.#done.lastIndexOf(step) >= 0 ? 'undo' : null
    return move && this.#canUndoOrRedo(step) ? move : null
  }

  /** Steps that undo or redo can still reach, oldest first. */
  get reachable(): readonly number[] {
    return [...this.#done, ...this.#undone.toReversed()]
  }

  isUndone(step: number): boolean {
    return this.#undoneIds.has(step)
  }
}

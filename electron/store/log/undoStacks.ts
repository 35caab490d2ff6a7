import type { StepKind, StepMove } from '../../contract/index.ts'

/** One entry of the log as undo and redo see it. */
export interface LogEntry {
  readonly id: number
  readonly kind: StepKind | StepMove
  /** The step that an undo or redo concerns. */
  readonly target: number | null
}

/** Which steps can be undone and redone: derived from the log, never stored. */
export class UndoStacks {
  #done: number[] = []
  #undone: number[] = []
  readonly #reverted = new Set<number>()
  readonly #canMove: (step: number) => boolean

  /** `canMove` tells whether undo and redo still have what they need for a step; others are passed over. */
  constructor(canMove: (step: number) => boolean) {
    this.#canMove = canMove
  }

  append({ id, kind, target }: LogEntry): void {
    // A note tells of a merge: it adds, and what people did stands, so nothing is to undo.
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
    // What lies above it was passed over. After damage the log has gaps, but a rescue stands behind those.
    const at = from.lastIndexOf(step)
    if (at >= 0) from.length = at
    to.push(step)
    if (kind === 'undo') this.#reverted.add(step)
    else this.#reverted.delete(step)
  }

  get undoable(): number | undefined {
    return this.#done.findLast(this.#canMove)
  }

  get redoable(): number | undefined {
    return this.#undone.findLast(this.#canMove)
  }

  /** What undo or redo can still do to a step, null where neither can anything. */
  moveOf(step: number): StepMove | null {
    const move = this.#undone.includes(step) ? 'redo' : this.#done.lastIndexOf(step) >= 0 ? 'undo' : null
    return move && this.#canMove(step) ? move : null
  }

  /** Steps that undo or redo could still concern, oldest first. */
  get reachable(): readonly number[] {
    return [...this.#done, ...this.#undone.toReversed()]
  }

  isUndone(step: number): boolean {
    return this.#reverted.has(step)
  }
}

import type { StepKind } from '../contract/index.ts'

/** One entry of the log as undo and redo see it. */
export interface LogEntry {
  readonly id: number
  readonly kind: StepKind | 'undo' | 'redo'
  /** The step that an undo or redo concerns. */
  readonly target: number | null
}

/** Which steps can be undone and redone: derived from the log, never stored. */
export class UndoStacks {
  readonly #done: number[] = []
  #undone: number[] = []
  readonly #reverted = new Set<number>()

  append({ id, kind, target }: LogEntry): void {
    // A note tells of a detection, an import or a merge: they add, and what people did stands, so nothing is to undo.
    if (kind === 'note') return
    if (kind !== 'undo' && kind !== 'redo') {
      this.#done.push(id)
      this.#undone = []
      return
    }
    const step = target ?? id
    const [from, to] = kind === 'undo' ? [this.#done, this.#undone] : [this.#undone, this.#done]
    if (from.pop() !== step) throw new Error(`The label log is out of order at step ${id}.`)
    to.push(step)
    if (kind === 'undo') this.#reverted.add(step)
    else this.#reverted.delete(step)
  }

  get undoable(): number | undefined {
    return this.#done.at(-1)
  }

  get redoable(): number | undefined {
    return this.#undone.at(-1)
  }

  /** Steps that undo or redo could still concern. */
  get reachable(): readonly number[] {
    return [...this.#done, ...this.#undone]
  }

  isUndone(step: number): boolean {
    return this.#reverted.has(step)
  }
}

/** One entry of the log as undo and redo see it. */
export interface LogEntry {
  readonly id: number
  readonly kind: 'label' | 'undo' | 'redo'
  /** The label step that an undo or redo concerns. */
  readonly target: number | null
}

/** Which steps can be undone and redone: derived from the log, never stored. */
export class UndoStacks {
  readonly #done: number[] = []
  #undone: number[] = []
  readonly #reverted = new Set<number>()

  append({ id, kind, target }: LogEntry): void {
    if (kind === 'label') {
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

  /** Steps that a redo could bring back, the next one last. */
  get redoableSteps(): readonly number[] {
    return this.#undone
  }

  isUndone(step: number): boolean {
    return this.#reverted.has(step)
  }
}

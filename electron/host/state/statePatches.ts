import { isListOfRows, type ListKey, type ProjectState, type RowId, type StatePatch } from '../../contract/index.ts'

/** Computes the patches that take one listener from each state to the next. */
export class StatePatches {
  /**
   * JSON of each part as it was sent, so that later changes to the objects do not matter. Lists are kept row by row.
   */
  readonly #parts = new Map<string, string>()
  readonly #lists = new Map<ListKey, Map<RowId, string>>()

  /** @param sent the state that the listener has */
  constructor(sent: ProjectState) {
    this.next(sent)
  }

  /** Returns what changed since the previous state, or undefined if nothing did. */
  next(state: ProjectState): StatePatch | undefined {
    const patch: Record<string, unknown> = {}
    for (const key of Object.keys(state) as (keyof ProjectState)[]) {
      if (isListOfRows(key)) {
        const change = this.#listChange(key, state[key])
        if (change) patch[key] = change
        continue
      }
      const json = JSON.stringify(state[key])
      if (this.#parts.get(key) !== json) patch[key] = state[key]
      this.#parts.set(key, json)
    }
    return Object.keys(patch).length > 0 ? (patch as StatePatch) : undefined
  }

  #listChange(key: ListKey, rows: readonly { readonly id: RowId }[]) {
    const before = this.#lists.get(key) ?? new Map<RowId, string>()
    const now = new Map(rows.map((row) => [row.id, JSON.stringify(row)]))
    this.#lists.set(key, now)
    const changed = rows.filter(({ id }) => before.get(id) !== now.get(id))
    const order = [...now.keys()]
    const known = [...before.keys()]
    const isInOrder = order.length === known.length && order.every((id, k) => id === known[k])
    if (isInOrder && changed.length === 0) return undefined
    return { ...(changed.length > 0 && { rows: changed }), ...(!isInOrder && { order }) }
  }
}

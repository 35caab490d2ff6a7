import type { ProjectState, RowId, StatePatch } from '../../electron/contract/index.ts'

interface Rows {
  readonly rows?: readonly { readonly id: RowId }[]
  readonly order?: readonly RowId[]
}

/**
 * Returns the state after a patch. Parts that the patch does not change stay the same objects. Throws RangeError if an
 * earlier patch was lost.
 */
export function patchedState(state: ProjectState, patch: StatePatch): ProjectState {
  const next: Record<string, unknown> = { ...state }
  for (const [key, change] of Object.entries(patch) as [keyof ProjectState, unknown][]) {
    const before: unknown = state[key]
    // A list is patched row by row; such a patch is not an array.
    const isOfRows = Array.isArray(before) && !Array.isArray(change)
    next[key] = isOfRows ? patchedRows(before as { id: RowId }[], change as Rows) : change
  }
  return next as ProjectState
}

function patchedRows(before: readonly { readonly id: RowId }[], { rows = [], order }: Rows) {
  const byId = new Map(before.map((row) => [row.id, row]))
  for (const row of rows) byId.set(row.id, row)
  return (order ?? before.map(({ id }) => id)).map((id) => {
    const row = byId.get(id)
    if (!row) throw new RangeError(`A patch of the state names ${id}, which never came.`)
    return row
  })
}

/** How a click or a stroke changes the selection: it replaces it, adds to it, or removes from it. */
export type SelectionMode = 'replace' | 'add' | 'take'

/** Shift adds, Alt removes. */
export const modeOf = ({ shift, alt }: { shift: boolean; alt: boolean }): SelectionMode =>
  alt ? 'take' : shift ? 'add' : 'replace'

/**
 * Returns the selection after a click. A plain click selects that nucleus alone (on empty tissue, none). With Shift it
 * is added, or removed if it was selected. With Alt it is removed. With Shift or Alt, a click on empty tissue changes
 * nothing.
 */
export function selectionAfterClick(
  selected: readonly number[],
  clicked: number | null,
  mode: SelectionMode,
): readonly number[] {
  if (mode === 'replace') return clicked === null ? [] : [clicked]
  if (clicked === null) return selected
  if (mode === 'take' || selected.includes(clicked)) return selected.filter((id) => id !== clicked)
  return [...selected, clicked]
}

/** Returns the selection after a stroke that covers `found`. */
export function selectionAfterStroke(
  selected: readonly number[],
  found: readonly number[],
  mode: SelectionMode,
): readonly number[] {
  if (mode === 'replace') return found
  if (mode === 'add') return [...new Set([...selected, ...found])]
  const taken = new Set(found)
  return selected.filter((id) => !taken.has(id))
}

/** A nucleus that a review asks about, and the reason, which is logged with its label. */
export interface AskedFor {
  readonly nucleusId: number
  readonly why: string
}

/** Returns the reason to log with a label of `ids`. Only a label of the asked nucleus alone has one. */
export const reasonFor = (ids: readonly number[], asked: AskedFor | null): string | undefined =>
  ids.length === 1 && ids[0] === asked?.nucleusId ? asked.why : undefined

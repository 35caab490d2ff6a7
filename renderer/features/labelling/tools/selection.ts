/** How a click or a stroke changes the selection: it is the new one, is added, or is taken away. */
export type SelectionMode = 'replace' | 'add' | 'take'

/** Shift adds, Alt takes away. */
export const modeOf = ({ shift, alt }: { shift: boolean; alt: boolean }): SelectionMode =>
  alt ? 'take' : shift ? 'add' : 'replace'

/**
 * The selection after a click. A plain click selects the nucleus alone (none on empty tissue); with Shift it is added, or
 * taken out where it was in; with Alt it is taken out. A click on empty tissue with either changes nothing.
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

/** The selection after a stroke over `found`. */
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

/** A nucleus that a review asks about, and why: the log says so with a label of it. */
export interface AskedFor {
  readonly nucleusId: number
  readonly why: string
}

/** The reason to log with a label of `ids`: only the very nucleus that was asked for, labelled alone, has one. */
export const reasonFor = (ids: readonly number[], asked: AskedFor | null): string | undefined =>
  ids.length === 1 && ids[0] === asked?.nucleusId ? asked.why : undefined

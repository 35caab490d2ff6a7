/**
 * The selection after a click. Without Shift the clicked nucleus alone (none on empty tissue); with Shift it is added,
 * or taken out where it was in, and a click on empty tissue changes nothing.
 */
export function selectionAfterClick(
  selected: readonly number[],
  clicked: number | null,
  shift: boolean,
): readonly number[] {
  if (!shift) return clicked === null ? [] : [clicked]
  if (clicked === null) return selected
  return selected.includes(clicked) ? selected.filter((id) => id !== clicked) : [...selected, clicked]
}

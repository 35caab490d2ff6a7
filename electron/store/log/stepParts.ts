import type { AcceptedChange } from './acceptance.ts'
import type { FoundChange } from '../nuclei/chunkState.ts'
import type { LabelChanges } from './labelChanges.ts'
import type { OutlineChanges } from '../nuclei/outlineChanges.ts'
import type { RegionChange } from './regionState.ts'
import type { SearchedChange } from './searchedState.ts'

/** What a step may change. Each part knows its own state; the log knows none of them. */
export interface StepChanges {
  readonly found?: FoundChange
  readonly outlines?: OutlineChanges
  readonly labels?: LabelChanges
  readonly regions?: RegionChange
  readonly accepted?: AcceptedChange
  readonly searched?: SearchedChange
}
export type PartName = keyof StepChanges
export const partNames = [
  'found',
  'outlines',
  'labels',
  'regions',
  'accepted',
  'searched',
] as const satisfies readonly PartName[]

export interface Part<C> {
  /**
   * Returns the change as rows of the file. `block` is id / 65,536 of the nuclei in the row; 0 for changes without
   * nuclei.
   */
  rows(change: C): Iterable<readonly [block: number, content: Uint8Array]>
  /** Inverse of rows. Throws Damage ('unreadable') if rows are damaged. */
  read(rows: readonly { readonly block: number; readonly content: Uint8Array }[]): C
  reversed(change: C): C
  /** Writes the state after the change to the file and to memory. Called within a transaction. */
  apply(slideId: number, change: C): void
  /**
   * Returns false if undo and redo lack what they need for this change; such a step is skipped. Omitted: always true.
   */
  canMove?(change: C): boolean
}
export type Parts = { readonly [K in PartName]: Part<NonNullable<StepChanges[K]>> }

export function reversedChanges(parts: Parts, changes: StepChanges): StepChanges {
  const reverse = <K extends PartName>(part: K) => {
    const change = changes[part]
    return change === undefined ? {} : { [part]: parts[part].reversed(change) }
  }
  return Object.assign({}, ...partNames.map(reverse)) as StepChanges
}

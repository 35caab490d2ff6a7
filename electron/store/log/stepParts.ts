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
  /** The change as rows of the file; `block` is that of the nuclei in it (ids in 65,536s), 0 where it has none. */
  rows(change: C): Iterable<readonly [block: number, content: Uint8Array]>
  /** Inverse of rows. Fails with 'unreadable' where they are damaged. */
  read(rows: readonly { readonly block: number; readonly content: Uint8Array }[]): C
  reversed(change: C): C
  /** Writes the state after the change, and takes it into memory. Called within a transaction. */
  apply(slideId: number, change: C): void
  /** False where undo or redo lack what they need: such a step is passed over. Left out: always true. */
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

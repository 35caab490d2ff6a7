import type { AcceptedChange } from './acceptance.ts'
import type { ChunkChange } from '../nuclei/chunkState.ts'
import type { LabelChanges } from './labelChanges.ts'
import type { OutlineChanges } from '../nuclei/outlineChanges.ts'
import { partNames, type Part, type PartName } from './part.ts'
import type { RegionChange } from './regionState.ts'
import type { SearchedChange } from './searchedState.ts'

/** What a step may change. Each part knows its own state; the log knows none of them. */
export interface StepChanges {
  readonly found?: ChunkChange
  readonly outlines?: OutlineChanges
  readonly labels?: LabelChanges
  readonly regions?: RegionChange
  readonly accepted?: AcceptedChange
  readonly searched?: SearchedChange
}
export type Parts = { readonly [K in PartName]: Part<NonNullable<StepChanges[K]>> }

export function reversedChanges(parts: Parts, changes: StepChanges): StepChanges {
  const reverse = <K extends PartName>(part: K) => {
    const change = changes[part]
    return change === undefined ? {} : { [part]: parts[part].reversed(change) }
  }
  return Object.assign({}, ...partNames.map(reverse)) as StepChanges
}

import { ascending, those } from './ascending.ts'
import type { QueueColumns } from './sampleQueue.ts'

type Columns = Omit<QueueColumns, 'own'>

/** Sorts by shown class, in the `order` of class ids, the most confident nuclei of each class first. */
export function byClass(columns: Columns, positions: Uint32Array, order: readonly number[]): Uint32Array {
  const rank = new Map(order.map((id, i) => [id, i]))
  const shown = (i: number) => columns.label[i] || columns.first[i]
  return ascending(positions, (i) => (rank.get(shown(i)) ?? order.length) * 65_536 + (65_535 - columns.p1[i]))
}

/**
 * Sorts by the margin between the two most probable classes, smallest first, and those that the model calls uncertain
 * before the others. Leaves out nuclei with a label or without a prediction.
 */
export function byUncertainty({ label, first, p1, p2, uncertain }: Columns, positions: Uint32Array): Uint32Array {
  const open = those(positions, (i) => label[i] === 0 && first[i] !== 0)
  return ascending(open, (i) => (uncertain[i] ? 0 : 65_536) + p1[i] - p2[i])
}

/** Returns nuclei labelled with a class of the scheme that the model predicts otherwise, the most confident first. */
export function byDisagreement(
  { label, first, p1 }: Columns,
  positions: Uint32Array,
  isClass: (label: number) => boolean,
): Uint32Array {
  const against = those(positions, (i) => isClass(label[i]) && first[i] !== 0 && label[i] !== first[i])
  return ascending(against, (i) => 65_535 - p1[i])
}

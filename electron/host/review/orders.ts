import { ascending, those } from './ascending.ts'
import type { QueueColumns } from './sampleQueue.ts'

type Columns = Omit<QueueColumns, 'own'>

/** By shown class (`order` of the scheme's ids), the surest of each first. */
export function byClass(columns: Columns, positions: Uint32Array, order: readonly number[]): Uint32Array {
  const rank = new Map(order.map((id, i) => [id, i]))
  const shown = (i: number) => columns.label[i] || columns.first[i]
  return ascending(positions, (i) => (rank.get(shown(i)) ?? order.length) * 65_536 + (65_535 - columns.p1[i]))
}

/** The smallest margin between the two likeliest classes first; without those that are labelled or not predicted. */
export function byUncertainty({ label, first, p1, p2 }: Columns, positions: Uint32Array): Uint32Array {
  const open = those(positions, (i) => label[i] === 0 && first[i] !== 0)
  return ascending(open, (i) => p1[i] - p2[i])
}

/** Labelled nuclei of which the model says another class of the scheme, the surest first. */
export function byDisagreement(
  { label, first, p1 }: Columns,
  positions: Uint32Array,
  isClass: (label: number) => boolean,
): Uint32Array {
  const against = those(positions, (i) => isClass(label[i]) && first[i] !== 0 && label[i] !== first[i])
  return ascending(against, (i) => 65_535 - p1[i])
}

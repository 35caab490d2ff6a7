import type { ReviewItem } from '../../../electron/contract/index.ts'

/** An item of a list: undefined until it is fetched, null if its nucleus no longer exists. */
export type Item = ReviewItem | null | undefined

/**
 * Returns the index of the first item, from `from` onwards in the direction (1 or −1), whose nucleus still exists, or
 * null if there is none.
 */
export function nearestThere(
  item: (index: number) => Item,
  from: number,
  direction: 1 | -1,
  count: number,
): number | null {
  for (let index = from; index >= 0 && index < count; index += direction) if (item(index) !== null) return index
  return null
}

const none: ReadonlyMap<number, never> = new Map<number, never>()

/**
 * Returns, by id, what the page may show for nuclei that are served for a second look: no more than for an unlabelled
 * one.
 */
export function veilsOf(items: Iterable<Item>): ReadonlyMap<number, { readonly classId: number; readonly p: number }> {
  const veils = new Map<number, { classId: number; p: number }>()
  for (const item of items) if (item?.secondLook) veils.set(item.id, { classId: item.predictedClassId, p: item.p })
  return veils.size > 0 ? veils : none
}

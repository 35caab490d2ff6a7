import type { ReviewItem } from '../../../electron/contract/index.ts'

/** An item of a list: undefined while it is not here, null where its nucleus is gone. */
export type Item = ReviewItem | null | undefined

/** The item nearest to `from` that is not gone, from there on forwards (1) or backwards (−1); null where all are. */
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

/** What the page may tell of the nuclei that are served for a second look, by id: no more than of any other unlabelled. */
export function veilsOf(items: Iterable<Item>): ReadonlyMap<number, { readonly classId: number; readonly p: number }> {
  const veils = new Map<number, { classId: number; p: number }>()
  for (const item of items) if (item?.secondLook) veils.set(item.id, { classId: item.predictedClassId, p: item.p })
  return veils.size > 0 ? veils : none
}

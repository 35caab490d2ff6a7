/** What a step may change, by name: rows of the file carry it. */
export const partNames = ['found', 'outlines', 'labels', 'regions', 'accepted', 'searched'] as const
export type PartName = (typeof partNames)[number]

/** The state of one kind of change: what a step of the log stores of it, and how it is undone. */
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

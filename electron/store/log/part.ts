/** What a step may change, by name: rows of the file carry it. */
export const partNames = ['found', 'outlines', 'labels', 'regions', 'accepted', 'searched'] as const
export type PartName = (typeof partNames)[number]

/** The state of one kind of change: what a step of the log stores of it, and how it is undone. */
export interface Part<C> {
  /**
   * Returns the change as rows of the file. `block` is id / 65,536 of the nuclei in the row; 0 for changes without
   * nuclei.
   */
  rows(change: C): Iterable<readonly [block: number, content: Uint8Array]>
  /** Inverse of rows. Throws DamagedFileError ('unreadable') if rows are damaged. */
  read(rows: readonly { readonly block: number; readonly content: Uint8Array }[]): C
  reversed(change: C): C
  /** Writes the state after the change to the file and to memory. Called within a transaction. */
  apply(slideId: number, change: C): void
  /**
   * Returns false if undo and redo lack what they need for this change; such a step is skipped. Omitted: always true.
   */
  canUndoOrRedo?(change: C): boolean
}

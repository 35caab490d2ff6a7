import { blockSize, labelChanges } from '../log/labelChanges.ts'
import { outlineChanges } from './outlineChanges.ts'
import type { PartName } from '../log/part.ts'

/** The nuclei that users labelled or edited, as flags by nucleus id. */
export interface EditedNuclei {
  /**
   * 1 if any step of the log, even an undone one, labelled or edited the nucleus: undo or redo could bring that back.
   */
  readonly everEdited: Uint8Array
  /** 1 if the nucleus has a label now. */
  readonly labelled: Uint8Array
}

/** The same, packed as in the file. Unpacking a year of steps takes seconds, so another thread does it. */
export interface PackedEditedNuclei {
  readonly steps: readonly { readonly part: PartName; readonly block: number; readonly content: Uint8Array }[]
  readonly labels: ReadonlyMap<number, Uint16Array>
}

/** Throws DamagedFileError ('unreadable') if a step is damaged. */
export function unpackEditedNuclei({ steps, labels }: PackedEditedNuclei): EditedNuclei {
  let everEdited = new Uint8Array(blockSize)
  const add = (ids: Uint32Array) => {
    const highest = ids.reduce((most, id) => Math.max(most, id), 0)
    if (highest >= everEdited.length) {
      const larger = new Uint8Array(Math.max(2 * everEdited.length, highest + 1))
      larger.set(everEdited)
      everEdited = larger
    }
    for (const id of ids) everEdited[id] = 1
  }
  for (const row of steps)
    if (row.part === 'labels') add(labelChanges([row]).ids)
    else if (row.part === 'outlines' && row.content.length > 0) add(outlineChanges([row]).ids)
  return { everEdited, labelled: labelFlags(labels) }
}

/** Returns a flag per nucleus id: 1 if it has a label. */
export function labelFlags(labels: ReadonlyMap<number, Uint16Array>): Uint8Array {
  const blocks = [...labels.keys()].reduce((most, block) => Math.max(most, block + 1), 0)
  const flags = new Uint8Array(blockSize * blocks)
  for (const [block, all] of labels)
    for (let k = 0; k < all.length; k++) if (all[k] !== 0) flags[block * blockSize + k] = 1
  return flags
}

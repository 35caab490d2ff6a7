import { blockSize, labelChanges } from '../log/labelChanges.ts'
import { outlineChanges } from './outlineChanges.ts'
import type { PartName } from '../log/stepParts.ts'

/** Which nuclei people spoke of, as flags by id. */
export interface People {
  /** In any step of the log: a person's word could come back to it. */
  readonly named: Uint8Array
  /** Labelled now. */
  readonly labelled: Uint8Array
}

/** The same as it lies in the file: a year of steps takes seconds to read, which another thread has. */
export interface PackedPeople {
  readonly steps: readonly { readonly part: PartName; readonly block: number; readonly content: Uint8Array }[]
  readonly labels: ReadonlyMap<number, Uint16Array>
}

/** Fails with 'unreadable' where a step is damaged. */
export function unpackPeople({ steps, labels }: PackedPeople): People {
  let named = new Uint8Array(blockSize)
  const name = (ids: Uint32Array) => {
    const highest = ids.reduce((most, id) => Math.max(most, id), 0)
    if (highest >= named.length) {
      const larger = new Uint8Array(Math.max(2 * named.length, highest + 1))
      larger.set(named)
      named = larger
    }
    for (const id of ids) named[id] = 1
  }
  for (const row of steps)
    if (row.part === 'labels') name(labelChanges([row]).ids)
    else if (row.part === 'outlines' && row.content.length > 0) name(outlineChanges([row]).ids)
  return { named, labelled: labelFlags(labels) }
}

/** 1 for each labelled nucleus, by id. */
export function labelFlags(labels: ReadonlyMap<number, Uint16Array>): Uint8Array {
  const blocks = [...labels.keys()].reduce((most, block) => Math.max(most, block + 1), 0)
  const flags = new Uint8Array(blockSize * blocks)
  for (const [block, all] of labels)
    for (let k = 0; k < all.length; k++) if (all[k] !== 0) flags[block * blockSize + k] = 1
  return flags
}

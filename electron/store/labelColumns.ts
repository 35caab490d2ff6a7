import { unclassified } from '../contract/index.ts'
import type { Changes } from './changes.ts'

/** Nuclei per block of the label columns; a block is what one labelling writes to disk at least (128 KB). */
export const blockSize = 65_536

/** Class id by nucleus id, in blocks: block b holds ids b·blockSize … Absent blocks are unlabelled throughout. */
export type LabelBlocks = ReadonlyMap<number, Uint16Array>

export const labelOf = (blocks: LabelBlocks, id: number): number =>
  blocks.get(Math.floor(id / blockSize))?.[id % blockSize] ?? unclassified

/** Label of each of `ids`. */
export function labelsOf(blocks: LabelBlocks, ids: Uint32Array): Uint16Array {
  const labels = new Uint16Array(ids.length)
  for (let i = 0; i < ids.length; i++) labels[i] = labelOf(blocks, ids[i])
  return labels
}

/** Fresh copies of the blocks that `changes` touches, changed; the given ones stay as they are. */
export function changedBlocks(blocks: LabelBlocks, { ids, after }: Changes): Map<number, Uint16Array> {
  const changed = new Map<number, Uint16Array>()
  for (let i = 0; i < ids.length; i++) {
    const at = Math.floor(ids[i] / blockSize)
    let block = changed.get(at)
    if (!block) changed.set(at, (block = blocks.get(at)?.slice() ?? new Uint16Array(blockSize)))
    block[ids[i] % blockSize] = after[i]
  }
  return changed
}

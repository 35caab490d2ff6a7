import { decodeColumns, encodeColumns, message } from '../../contract/index.ts'
import { pack, unpack } from '../file/blob.ts'

/** Nuclei per block: block b covers the ids from b·blockSize. */
export const blockSize = 65_536

/** What one step changed in labels: nucleus ids, ascending, and the class id of each before and after (0: no label). */
export interface LabelChanges {
  readonly ids: Uint32Array
  readonly before: Uint16Array
  readonly after: Uint16Array
}

export const reversedLabels = ({ ids, before, after }: LabelChanges): LabelChanges => ({
  ids,
  before: after,
  after: before,
})

/**
 * Yields for each block the range of `ids` (ascending) that belongs to it: from `from` up to but not including `to`.
 */
export function* blocksOf(ids: Uint32Array): Generator<{ block: number; from: number; to: number }> {
  for (let from = 0; from < ids.length;) {
    const block = Math.floor(ids[from] / blockSize)
    let to = from
    while (to < ids.length && ids[to] < (block + 1) * blockSize) to++
    yield { block, from, to }
    from = to
  }
}

/** Splits changes into rows of the file, one per block, so that the history of a nucleus reads only its own block. */
export function* labelRows({ ids, before, after }: LabelChanges): Generator<readonly [number, Uint8Array]> {
  for (const { block, from, to } of blocksOf(ids)) {
    const idDelta = new Uint16Array(to - from)
    for (let i = from, last = block * blockSize; i < to; last = ids[i++]) idDelta[i - from] = ids[i] - last
    // The stored column is called idStep.
    yield [
      block,
      pack(encodeColumns({ idStep: idDelta, before: before.subarray(from, to), after: after.subarray(from, to) })),
    ]
  }
}

/** Inverse of labelRows. Throws DamagedFileError ('unreadable') if rows are damaged. */
export function labelChanges(rows: readonly { block: number; content: Uint8Array }[]): LabelChanges {
  const parts = rows
    .toSorted((a, b) => a.block - b.block)
    .map(({ block, content }) => ({ block, columns: unpack(content, message('partLabelStep'), decodeColumns) }))
  const count = parts.reduce((sum, { columns }) => sum + columns.idStep.length, 0)
  const changes = { ids: new Uint32Array(count), before: new Uint16Array(count), after: new Uint16Array(count) }
  let at = 0
  for (const { block, columns } of parts) {
    const { idStep: idDelta, before, after } = columns
    changes.before.set(before, at)
    changes.after.set(after, at)
    let id = block * blockSize
    for (let i = 0; i < idDelta.length; i++) changes.ids[at + i] = id += idDelta[i]
    at += idDelta.length
  }
  return changes
}

import { decodeColumns, encodeColumns, FailureError, message, unclassified } from '../../contract/index.ts'
import { damageOf, pack, unpack } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import { blocksOf, blockSize, labelChanges, labelRows, reversedLabels, type LabelChanges } from './labelChanges.ts'
import type { Part } from './part.ts'

/** The labels of all nuclei by id, in blocks: block b holds the ids from b·blockSize. A missing block has no labels. */
export class LabelState implements Part<LabelChanges> {
  readonly rows = labelRows
  readonly read = labelChanges
  readonly reversed = reversedLabels
  readonly #db: Database
  #blocks = new Map<number, Uint16Array>()

  constructor(db: Database) {
    this.#db = db
    this.#load()
    db.onRollback(() => this.#load())
  }

  /** Returns the label of each of `ids`; 0: none. */
  labelsOf(ids: ArrayLike<number>): Uint16Array {
    const labels = new Uint16Array(ids.length)
    for (let i = 0; i < ids.length; i++)
      labels[i] = this.#blocks.get(Math.floor(ids[i] / blockSize))?.[ids[i] % blockSize] ?? unclassified
    return labels
  }

  /**
   * Returns the changes that label `ids` with `classId`: one class for all or one per id; 0 removes the label. Ids may
   * be in any order. If an id occurs more than once, its last label counts. Throws FailureError 'invalid-input' if
   * `ids` is empty.
   */
  changes(ids: ArrayLike<number>, classId: number | ArrayLike<number>): LabelChanges {
    if (ids.length === 0) throw new FailureError('invalid-input', message('labelNeedsNucleus'))
    const order = sortedPositions(ids)
    const sorted = order ? order.map((k) => ids[k]) : Uint32Array.from(ids)
    const after = new Uint16Array(sorted.length)
    if (typeof classId === 'number') after.fill(classId)
    else for (let i = 0; i < after.length; i++) after[i] = classId[order ? order[i] : i]
    return { ids: sorted, before: this.labelsOf(sorted), after }
  }

  apply(slideId: number, { ids, before, after }: LabelChanges): void {
    let gained = 0
    for (let i = 0; i < ids.length; i++) gained += (after[i] ? 1 : 0) - (before[i] ? 1 : 0)
    for (const [block, labels] of LabelState.applyTo(this.#blocks, { ids, before, after }))
      this.#db.run(
        'INSERT INTO labelBlock (block, classes) VALUES (?, ?) ON CONFLICT (block) DO UPDATE SET classes = excluded.classes',
        block,
        pack(new Uint8Array(labels.buffer)),
      )
    this.#db.run('UPDATE slide SET labelled = labelled + ? WHERE id = ?', gained, slideId)
  }

  /** Counts the nuclei with this label. */
  count(label: number): number {
    let count = 0
    for (const labels of this.#blocks.values()) for (const l of labels) if (l === label) count++
    return count
  }

  /** Writes changes into label blocks. Returns the blocks that it changed. */
  static applyTo(blocks: Map<number, Uint16Array>, { ids, after }: LabelChanges): [number, Uint16Array][] {
    const touched: [number, Uint16Array][] = []
    for (const { block, from, to } of blocksOf(ids)) {
      const labels = blocks.get(block) ?? new Uint16Array(blockSize)
      for (let i = from; i < to; i++) labels[ids[i] % blockSize] = after[i]
      blocks.set(block, labels)
      touched.push([block, labels])
    }
    return touched
  }

  /** The label blocks, read-only. */
  get blocks(): ReadonlyMap<number, Uint16Array> {
    return this.#blocks
  }

  #load(): void {
    this.#blocks = new Map(
      this.#db
        .all<{ block: number; classes: Uint8Array }>('SELECT block, classes FROM labelBlock')
        .map(({ block, classes }) => [block, labelBlock(classes)]),
    )
  }
}

/** Decodes a label block from the file. Throws DamagedFileError ('unreadable') if it is damaged. */
export const labelBlock = (bytes: Uint8Array): Uint16Array => unpack(bytes, message('partLabels'), decodeLabels)

function decodeLabels(bytes: Uint8Array): Uint16Array {
  if (bytes.byteLength !== 2 * blockSize) throw damageOf(message('partLabels'))
  return new Uint16Array(bytes.slice().buffer)
}

/**
 * Returns the positions of `ids` sorted by id, each id once, at its last occurrence. Returns undefined if `ids` are
 * already ascending without repetitions.
 */
function sortedPositions(ids: ArrayLike<number>): Uint32Array | undefined {
  let isAscending = true
  let [least, most] = [Infinity, 0]
  for (let i = 0; i < ids.length; i++) {
    if (i > 0 && ids[i] <= ids[i - 1]) isAscending = false
    least = Math.min(least, ids[i])
    most = Math.max(most, ids[i])
  }
  if (isAscending) return undefined
  // Ids of a slide are close together: a flat table sorts half a million in milliseconds, a Map in a second.
  const lastMention = new Uint32Array(most - least + 1)
  for (let i = 0; i < ids.length; i++) lastMention[ids[i] - least] = i + 1
  return lastMention.filter((k) => k > 0).map((k) => k - 1)
}

/** Pack and unpack labels by nucleus id. For labels outside the project's own state (readings). */
export const packLabels = (ids: Uint32Array, labels: Uint16Array): Uint8Array => pack(encodeColumns({ ids, labels }))
export function unpackLabels(bytes: Uint8Array): { ids: Uint32Array; labels: Uint16Array } {
  const { ids, labels } = unpack(bytes, message('partReading'), decodeColumns)
  return { ids: Uint32Array.from(ids), labels: Uint16Array.from(labels) }
}

import { FailureError, message } from '../../contract/index.ts'
import { packChunk, type PackedChunk } from './chunk.ts'
import type { Database } from '../file/database.ts'
import type { VersionedNuclei } from './outlineChanges.ts'

export interface ChunkInfo {
  readonly id: number
  readonly count: number
  /** xmin, ymin, xmax, ymax of all its nuclei, level-0 pixels. */
  readonly bounds: readonly [number, number, number, number]
}

const [written, inForce, givenUp, kept] = [0, 1, 2, 3]

/**
 * Detected and imported nuclei in chunks. A chunk never changes: a new detection writes new chunks in place of the old.
 */
export class ChunkStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Returns a slide's chunks in force, in order, without their content. */
  of(slideId: number): ChunkInfo[] {
    return this.#db
      .all<{ id: number; count: number; minX: number; minY: number; maxX: number; maxY: number }>(
        `SELECT id, count, minX, minY, maxX, maxY FROM chunkState JOIN nucleusChunk ON id = chunkId
         WHERE chunkState.slideId = ? AND state = ${inForce} ORDER BY position, id`,
        slideId,
      )
      .map(({ id, count, minX, minY, maxX, maxY }) => ({ id, count, bounds: [minX, minY, maxX, maxY] }))
  }

  /** Returns the packed head or outlines of a chunk. Throws FailureError 'not-found' if the slide has no such chunk. */
  bytes(slideId: number, chunkId: number, part: 'head' | 'outlines'): Uint8Array {
    const row = this.#db.get<{ bytes: Uint8Array }>(
      `SELECT ${part} AS bytes FROM chunkState JOIN nucleusChunk ON id = chunkId
       WHERE id = ? AND nucleusChunk.slideId = ? AND state <> ${written}`,
      chunkId,
      slideId,
    )
    if (!row) throw new FailureError('not-found', message('noChunk', { slide: slideId, chunk: chunkId }))
    return row.bytes
  }

  /** Stores nuclei as a new chunk in force, after the others. Returns its id, or undefined if there are no nuclei. */
  append(slideId: number, { nuclei, since }: VersionedNuclei): number | undefined {
    if (nuclei.count === 0) return undefined
    return this.#insert(slideId, this.of(slideId).length, packChunk(nuclei, since), inForce)
  }

  /** Writes a chunk that is not yet in force. Returns its id, with which a step can put it in force. */
  write(slideId: number, position: number, chunk: PackedChunk): number {
    return this.#insert(slideId, position, chunk, written)
  }

  /** Takes chunks `out` of force and puts chunks `into` force. Those taken out are kept for undo. */
  exchange(out: readonly number[], into: readonly number[]): void {
    for (const id of out) this.#set(id, kept)
    for (const id of into) this.#set(id, inForce)
  }

  /** Returns the chunks that undo or redo could restore, with their size in bytes. */
  kept(): { id: number; bytes: number }[] {
    return this.#db.all(
      `SELECT id, length(head) + length(outlines) AS bytes FROM chunkState JOIN nucleusChunk ON id = chunkId
       WHERE state = ${kept}`,
    )
  }

  /** Returns whether all of these chunks still exist. */
  hasAll(ids: readonly number[]): boolean {
    return ids.every((id) =>
      this.#db.get(`SELECT 1 FROM chunkState WHERE chunkId = ? AND state IN (${inForce}, ${kept})`, id),
    )
  }

  /** Gives chunks up. They take space until they are swept. */
  giveUp(ids: readonly number[]): void {
    for (const id of ids) this.#set(id, givenUp)
  }

  /** Deletes one chunk that was given up. Returns false if there is none. */
  sweep(): boolean {
    const row = this.#db.get<{ id: number }>(`SELECT chunkId AS id FROM chunkState WHERE state = ${givenUp} LIMIT 1`)
    if (row) this.deleteUnpublished([row.id])
    return row !== undefined
  }

  /**
   * Deletes chunks. Default: all that were given up or never put in force, such as those of an import that was killed.
   */
  deleteUnpublished(chunkIds?: readonly number[]): void {
    const ids =
      chunkIds ??
      this.#db
        .all<{ id: number }>(`SELECT chunkId AS id FROM chunkState WHERE state IN (${written}, ${givenUp})`)
        .map(({ id }) => id)
    this.#db.transact(() => {
      for (const id of ids) {
        this.#db.run('DELETE FROM chunkState WHERE chunkId = ?', id)
        this.#db.run('DELETE FROM nucleusChunk WHERE id = ?', id)
      }
    })
  }

  #set(id: number, state: number): void {
    this.#db.run('UPDATE chunkState SET state = ? WHERE chunkId = ?', state, id)
  }

  #insert(slideId: number, position: number, chunk: PackedChunk, state: number): number {
    return this.#db.transact(() => {
      const id = this.#db.run(
        `INSERT INTO nucleusChunk (slideId, position, count, minX, minY, maxX, maxY, head, outlines)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        slideId,
        position,
        chunk.count,
        ...chunk.bounds,
        chunk.head,
        chunk.outlines,
      )
      this.#db.run('INSERT INTO chunkState (chunkId, slideId, state) VALUES (?, ?, ?)', id, slideId, state)
      return id
    })
  }
}

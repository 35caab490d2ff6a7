import { FailureError } from '../contract/index.ts'
import { packChunk, type PackedChunk } from './chunk.ts'
import type { Database } from './database.ts'
import type { DatedNuclei } from './outlineChanges.ts'

export interface ChunkInfo {
  readonly id: number
  readonly count: number
  /** xmin, ymin, xmax, ymax of all its nuclei, level-0 pixels. */
  readonly bounds: readonly [number, number, number, number]
}

const [written, inForce, replaced] = [0, 1, 2]

/** Found and imported nuclei in chunks. A chunk never changes: a new detection writes new ones and replaces the old. */
export class ChunkStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** A slide's chunks, in order, without their content. */
  of(slideId: number): ChunkInfo[] {
    return this.#db
      .all<{ id: number; count: number; minX: number; minY: number; maxX: number; maxY: number }>(
        `SELECT id, count, minX, minY, maxX, maxY FROM nucleusChunk WHERE slideId = ? AND state = ${inForce} ORDER BY position`,
        slideId,
      )
      .map(({ id, count, minX, minY, maxX, maxY }) => ({ id, count, bounds: [minX, minY, maxX, maxY] }))
  }

  /** Packed head or outlines of a chunk, as they lie in the file. Fails with 'not-found'. */
  bytes(slideId: number, chunkId: number, part: 'head' | 'outlines'): Uint8Array {
    const row = this.#db.get<{ bytes: Uint8Array }>(
      `SELECT ${part} AS bytes FROM nucleusChunk WHERE id = ? AND slideId = ? AND state <> ${written}`,
      chunkId,
      slideId,
    )
    if (!row)
      throw new FailureError(
        'not-found',
        `Slide ${slideId} has no block ${chunkId} of nuclei. Ask for its blocks again.`,
      )
    return row.bytes
  }

  /** Adds nuclei behind those in force. */
  append(slideId: number, { nuclei, since }: DatedNuclei): void {
    if (nuclei.count > 0) this.#insert(slideId, this.of(slideId).length, packChunk(nuclei, since), inForce)
  }

  /** Writes a chunk that is not yet in force; its id for `publish`. */
  write(slideId: number, position: number, chunk: PackedChunk): number {
    return this.#insert(slideId, position, chunk, written)
  }

  /** Puts written chunks in force in place of all others of the slide. Those stay until swept. */
  publish(slideId: number, chunkIds: readonly number[]): void {
    this.#db.transact(() => {
      this.#db.run(`UPDATE nucleusChunk SET state = ${replaced} WHERE slideId = ? AND state = ${inForce}`, slideId)
      for (const id of chunkIds) this.#db.run(`UPDATE nucleusChunk SET state = ${inForce} WHERE id = ?`, id)
    })
  }

  /** Frees the room of one chunk that is no longer in force; false where there is none. */
  sweep(): boolean {
    const row = this.#db.get<{ id: number }>(`SELECT id FROM nucleusChunk WHERE state = ${replaced} LIMIT 1`)
    if (row) this.#db.run('DELETE FROM nucleusChunk WHERE id = ?', row.id)
    return row !== undefined
  }

  /** Frees what an import left behind that was killed before its end. */
  forgetUnpublished(chunkIds?: readonly number[]): void {
    if (chunkIds) for (const id of chunkIds) this.#db.run('DELETE FROM nucleusChunk WHERE id = ?', id)
    else this.#db.run(`DELETE FROM nucleusChunk WHERE state <> ${inForce}`)
  }

  #insert(slideId: number, position: number, chunk: PackedChunk, state: number): number {
    return this.#db.run(
      `INSERT INTO nucleusChunk (slideId, state, position, count, minX, minY, maxX, maxY, head, outlines)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      slideId,
      state,
      position,
      chunk.count,
      ...chunk.bounds,
      chunk.head,
      chunk.outlines,
    )
  }
}

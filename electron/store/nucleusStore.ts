import { boxOf, decodeNuclei, encodeNuclei, FailureError, type Nuclei } from '../contract/index.ts'
import type { Database } from './database.ts'
import { concatNuclei, withIds } from './nucleusColumns.ts'
import { chunkSize, spatialChunks } from './spatialOrder.ts'

/** The nuclei of a project's slides: numbered once for the whole project, stored in chunks. */
export class NucleusStore {
  readonly #db: Database
  /** The slide read last: most requests in a row concern one slide. */
  #last: { slideId: number; version: number; nuclei: Nuclei; position?: Map<number, number> } | undefined

  constructor(db: Database) {
    this.#db = db
  }

  /** Adds nuclei to a slide and numbers those without an id. Returns the ids. */
  append(slideId: number, nuclei: Nuclei): Uint32Array {
    return this.#db.transact(() => {
      const numbered = this.#number(nuclei)
      const { next } = this.#db.get<{ next: number }>(
        'SELECT coalesce(max(position) + 1, 0) AS next FROM nucleusChunk WHERE slideId = ?',
        slideId,
      ) ?? { next: 0 }
      const chunks = numbered.count > chunkSize ? spatialChunks(numbered) : [numbered]
      chunks.forEach((chunk, k) => this.#insert(slideId, next + k, chunk))
      this.#changed(slideId)
      return numbered.id
    })
  }

  /** Sets a slide's nuclei anew, in spatial order; those without an id are numbered. */
  replace(slideId: number, nuclei: Nuclei): void {
    this.#db.transact(() => {
      this.#db.run('DELETE FROM nucleusChunk WHERE slideId = ?', slideId)
      spatialChunks(this.#number(nuclei)).forEach((chunk, k) => this.#insert(slideId, k, chunk))
      this.#changed(slideId)
    })
  }

  /** All nuclei of a slide, in the order that shown classes follow. */
  of(slideId: number): Nuclei {
    const version = this.version(slideId)
    if (this.#last?.slideId === slideId && this.#last.version === version) return this.#last.nuclei
    const rows = this.#db.all<{ nuclei: Uint8Array }>(
      'SELECT nuclei FROM nucleusChunk WHERE slideId = ? ORDER BY position',
      slideId,
    )
    const nuclei = concatNuclei(rows.map((row) => this.#decode(row.nuclei)))
    this.#last = { slideId, version, nuclei }
    return nuclei
  }

  /** Position of a nucleus within its slide. Fails with 'not-found'. */
  positionOf(slideId: number, nucleusId: number): number {
    const { id } = this.of(slideId)
    const last = this.#last
    if (last && !last.position) last.position = new Map(Array.from(id, (value, at) => [value, at]))
    const position = last?.position?.get(nucleusId)
    if (position === undefined)
      throw new FailureError(
        'not-found',
        `Nucleus ${nucleusId} is not on this slide. It may have gone with a new detection; select it again.`,
      )
    return position
  }

  version(slideId: number): number {
    return (
      this.#db.get<{ nucleiVersion: number }>('SELECT nucleiVersion FROM slide WHERE id = ?', slideId)?.nucleiVersion ??
      0
    )
  }

  /** The first of `count` ids that nobody else will get. */
  reserve(count: number): number {
    const key = 'nextNucleusId'
    const row = this.#db.get<{ value: string }>('SELECT value FROM setting WHERE key = ?', key)
    const first = Number(row?.value ?? 1)
    this.#db.run(
      'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      key,
      String(first + count),
    )
    return first
  }

  #number(nuclei: Nuclei): Nuclei {
    const unnumbered = nuclei.id.reduce((sum, id) => sum + (id ? 0 : 1), 0)
    if (unnumbered === 0) return nuclei
    let next = this.reserve(unnumbered)
    return withIds(
      nuclei,
      nuclei.id.map((id) => id || next++),
    )
  }

  #insert(slideId: number, position: number, chunk: Nuclei): void {
    if (chunk.count === 0) return
    const bounds = [Infinity, Infinity, -Infinity, -Infinity]
    for (let i = 0; i < chunk.count; i++)
      boxOf(chunk, i).forEach(
        (value, k) => (bounds[k] = k < 2 ? Math.min(bounds[k], value) : Math.max(bounds[k], value)),
      )
    this.#db.run(
      'INSERT INTO nucleusChunk (slideId, position, count, minX, minY, maxX, maxY, nuclei) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      slideId,
      position,
      chunk.count,
      ...bounds,
      encodeNuclei(chunk),
    )
  }

  #changed(slideId: number): void {
    this.#db.run(
      `UPDATE slide SET nucleiVersion = nucleiVersion + 1,
         nuclei = (SELECT coalesce(sum(count), 0) FROM nucleusChunk WHERE slideId = slide.id) WHERE id = ?`,
      slideId,
    )
  }

  #decode(bytes: Uint8Array): Nuclei {
    try {
      return decodeNuclei(bytes)
    } catch {
      throw new FailureError(
        'unreadable',
        `The project ${this.#db.path} is damaged: a block of nuclei cannot be read. Restore a backup.`,
      )
    }
  }
}

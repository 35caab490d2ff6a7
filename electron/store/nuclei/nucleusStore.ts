import {
  boxOf,
  FailureError,
  headOf,
  joinHeads,
  joinNuclei,
  takeNuclei,
  withIds,
  type Nuclei,
  type NucleusHead,
  type Rect,
} from '../../contract/index.ts'
import { packChunk, unpackChunk, unpackChunkHead } from './chunk.ts'
import { ChunkStore, type ChunkInfo } from './chunkStore.ts'
import type { Database } from '../file/database.ts'
import type { PackedSlide } from './mergeNuclei.ts'
import { joinDated } from './outlineChanges.ts'
import { OutlineState } from './outlineState.ts'
import { reserveIds } from './reserveIds.ts'

interface Known {
  readonly version: number
  readonly head: NucleusHead
  /** Position by id − lowest; −1 where there is none. */
  readonly position: Int32Array
  readonly lowest: number
}

/**
 * The nuclei of a project's slides as they stand: chunks in their order, without those that people drew over or deleted,
 * then what people drew, by id. Ids are given once for the whole project.
 */
export class NucleusStore {
  readonly chunks: ChunkStore
  readonly outlines: OutlineState
  readonly #db: Database
  readonly #known = new Map<number, Known>()

  constructor(db: Database) {
    this.#db = db
    this.chunks = new ChunkStore(db)
    this.outlines = new OutlineState(
      db,
      (slideId, id) => this.#find(slideId, id) >= 0,
      (slideId) => this.changed(slideId),
    )
    db.onRollback(() => this.#known.clear())
  }

  /** Adds nuclei to a slide, numbering them; the ids. */
  append(slideId: number, nuclei: Nuclei): Uint32Array {
    return this.#db.transact(() => {
      let next = reserveIds(this.#db, nuclei.count)
      const ids = Uint32Array.from(nuclei.id, () => next++)
      const since = new Uint32Array(nuclei.count).fill(this.version(slideId) + 1)
      this.chunks.append(slideId, { nuclei: withIds(nuclei, ids), since })
      this.changed(slideId)
      return ids
    })
  }

  /** All nuclei of a slide with their outlines; read from the file each time (a million take about a second). */
  of(slideId: number): Nuclei {
    return this.#join(slideId, this.chunks.of(slideId), () => true)
  }

  /** Nuclei whose boxes touch a rectangle, with their outlines, in the order of `of`; reads the chunks there alone. */
  touching(slideId: number, rect: Rect): Nuclei {
    const chunks = this.chunks.of(slideId).filter(({ bounds }) => touches(bounds, rect))
    return this.#join(slideId, chunks, (nuclei, i) => touches(boxOf(nuclei, i), rect))
  }

  /** Ids, boxes and sources of all nuclei of a slide, in the order of `of`: kept in memory. */
  heads(slideId: number): NucleusHead {
    return this.#knownOf(slideId).head
  }

  /** Ids and boxes of one chunk, those included that people drew over or deleted. */
  headOfChunk(slideId: number, chunkId: number): NucleusHead {
    return unpackChunkHead(this.chunks.bytes(slideId, chunkId, 'head'))
  }

  /** Position of a nucleus within its slide. Fails with 'not-found'. */
  positionOf(slideId: number, nucleusId: number): number {
    return this.positionsOf(slideId, [nucleusId])[0]
  }

  /** Positions of nuclei within their slide. Fails with 'not-found'. */
  positionsOf(slideId: number, nucleusIds: ArrayLike<number>): Uint32Array {
    const { position, lowest } = this.#knownOf(slideId)
    const positions = new Uint32Array(nucleusIds.length)
    for (let k = 0; k < nucleusIds.length; k++) {
      const at = position[nucleusIds[k] - lowest] ?? -1
      if (at < 0)
        throw new FailureError(
          'not-found',
          `Nucleus ${nucleusIds[k]} is not on this slide. It may have gone with a new detection; select it again.`,
        )
      positions[k] = at
    }
    return positions
  }

  /** Positions of nuclei within their slide, −1 for those that are not on it. */
  placesOf(slideId: number, nucleusIds: Uint32Array): Int32Array {
    const { position, lowest } = this.#knownOf(slideId)
    return Int32Array.from(nucleusIds, (id) => position[id - lowest] ?? -1)
  }

  version(slideId: number): number {
    return (
      this.#db.get<{ nucleiVersion: number }>('SELECT nucleiVersion FROM slide WHERE id = ?', slideId)?.nucleiVersion ??
      0
    )
  }

  /** One nucleus with its outline. Fails with 'not-found'. */
  one(slideId: number, nucleusId: number): Nuclei {
    const [x, y, right, bottom] = boxOf(this.heads(slideId), this.positionOf(slideId, nucleusId))
    const near = this.touching(slideId, { x, y, width: right - x, height: bottom - y })
    const at = near.id.indexOf(nucleusId)
    if (at < 0) throw new Error(`Nucleus ${nucleusId} is listed and in no chunk.`)
    return takeNuclei(near, [at])
  }

  /** Writes a chunk of those nuclei of others that are `named`; its id, or undefined where there are none. */
  separate(slideId: number, chunkIds: readonly number[], named: ReadonlySet<number>): number | undefined {
    if (named.size === 0) return undefined
    const parts = chunkIds.map((chunkId) => {
      const { nuclei, since } = this.#chunk(slideId, chunkId)
      const index = Uint32Array.from(nuclei.id.keys()).filter((i) => named.has(nuclei.id[i]))
      return { nuclei: takeNuclei(nuclei, index), since: index.map((i) => since[i]) }
    })
    const { nuclei, since } = joinDated(parts)
    return nuclei.count === 0 ? undefined : this.chunks.write(slideId, 0, packChunk(nuclei, since))
  }

  /** What a new detection or an import is merged with, as it lies in the file: for another thread. */
  forMerge(slideId: number): PackedSlide {
    return {
      chunks: this.chunks.of(slideId).map(({ id }) => ({
        head: this.chunks.bytes(slideId, id, 'head'),
        outlines: this.chunks.bytes(slideId, id, 'outlines'),
      })),
      drawn: this.outlines.drawnOn(slideId).nuclei,
      overridden: Uint32Array.from(this.outlines.of(slideId).keys()),
      version: this.version(slideId) + 1,
    }
  }

  /** To be called after a slide's chunks or people's outlines changed, within the same transaction. */
  changed(slideId: number): void {
    this.#db.run(
      `UPDATE slide SET nucleiVersion = nucleiVersion + 1,
         nuclei = (SELECT coalesce(sum(count), 0) FROM chunkState JOIN nucleusChunk ON nucleusChunk.id = chunkId
                   WHERE chunkState.slideId = slide.id AND state = 1)
           + (SELECT coalesce(sum((nuclei IS NOT NULL) - inChunk), 0) FROM drawn WHERE slideId = slide.id)
       WHERE id = ?`,
      slideId,
    )
  }

  #join(slideId: number, chunks: readonly ChunkInfo[], keep: (nuclei: Nuclei, i: number) => boolean): Nuclei {
    const own = this.outlines.of(slideId)
    const pick = (nuclei: Nuclei, counts: (i: number) => boolean) => ({
      nuclei,
      index: Uint32Array.from(nuclei.id.keys()).filter((i) => counts(i) && keep(nuclei, i)),
    })
    const found = chunks.map(({ id }) => {
      const { nuclei } = this.#chunk(slideId, id)
      return pick(nuclei, (i) => !own.has(nuclei.id[i]))
    })
    return joinNuclei([...found, pick(this.outlines.drawnOn(slideId).nuclei, () => true)])
  }

  #chunk(slideId: number, chunkId: number) {
    const bytes = (part: 'head' | 'outlines') => this.chunks.bytes(slideId, chunkId, part)
    return unpackChunk({ head: bytes('head'), outlines: bytes('outlines') })
  }

  #find(slideId: number, nucleusId: number): number {
    const { position, lowest } = this.#knownOf(slideId)
    return position[nucleusId - lowest] ?? -1
  }

  #knownOf(slideId: number): Known {
    const version = this.version(slideId)
    const known = this.#known.get(slideId)
    if (known?.version === version) return known
    const own = this.outlines.of(slideId)
    const chunks = this.chunks.of(slideId).map(({ id }) => this.headOfChunk(slideId, id))
    const drawn = this.outlines.drawnOn(slideId)
    const { head } = joinHeads([...chunks, headOf(drawn.nuclei, drawn.since)], (chunk, i) =>
      chunk < chunks.length ? !own.has(chunks[chunk].id[i]) : true,
    )
    const lowest = head.id.reduce((least, id) => Math.min(least, id), Infinity)
    const highest = head.id.reduce((most, id) => Math.max(most, id), 0)
    const position = new Int32Array(head.count ? highest - lowest + 1 : 0).fill(-1)
    head.id.forEach((id, i) => (position[id - lowest] = i))
    const next = { version, head, position, lowest }
    this.#known.set(slideId, next)
    return next
  }
}

/** Whether a box (xmin, ymin, xmax, ymax) and a rectangle share a point. */
const touches = ([x0, y0, x1, y1]: readonly number[], { x, y, width, height }: Rect) =>
  x0 <= x + width && x1 >= x && y0 <= y + height && y1 >= y

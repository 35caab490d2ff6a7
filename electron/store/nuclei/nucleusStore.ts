import {
  FailureError,
  headOf,
  joinHeads,
  type Nuclei,
  type NucleusHead,
  type Rect,
  message,
} from '../../contract/index.ts'
import { packChunk, unpackChunk, unpackChunkHead } from './chunk.ts'
import { ChunkStore, type ChunkInfo } from './chunkStore.ts'
import type { Database } from '../file/database.ts'
import type { PackedSlide } from './mergeNuclei.ts'
import { joinVersioned } from './outlineChanges.ts'
import { OutlineState } from './outlineState.ts'
import { reserveIds } from './reserveIds.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'
import { joinNuclei, takeNuclei, withIds } from '../../../models/nuclei/join.ts'

interface CachedHeads {
  readonly version: number
  readonly head: NucleusHead
  /** Position by id − lowest; −1 if there is no nucleus with this id. */
  readonly position: Int32Array
  readonly lowest: number
}

/**
 * The present nuclei of a project's slides: first those of the chunks, in order, without those that users redrew or
 * deleted; then the outlines that users drew, by id. Ids are unique in the project and never reused.
 */
export class NucleusStore {
  readonly chunks: ChunkStore
  readonly outlines: OutlineState
  readonly #db: Database
  readonly #cache = new Map<number, CachedHeads>()

  constructor(db: Database) {
    this.#db = db
    this.chunks = new ChunkStore(db)
    this.outlines = new OutlineState(
      db,
      (slideId, id) => this.#find(slideId, id) >= 0,
      (slideId) => this.updateVersionAndCount(slideId),
    )
    db.onRollback(() => this.#cache.clear())
  }

  /** Adds nuclei to a slide under new ids. Returns the ids. */
  append(slideId: number, nuclei: Nuclei): Uint32Array {
    return this.#db.transact(() => {
      let next = reserveIds(this.#db, nuclei.count)
      const ids = Uint32Array.from(nuclei.id, () => next++)
      const since = new Uint32Array(nuclei.count).fill(this.version(slideId) + 1)
      this.chunks.append(slideId, { nuclei: withIds(nuclei, ids), since })
      this.updateVersionAndCount(slideId)
      return ids
    })
  }

  /**
   * Returns all nuclei of a slide with their outlines. Reads the file each time (about a second for a million nuclei).
   */
  of(slideId: number): Nuclei {
    return this.#join(slideId, this.chunks.of(slideId), () => true)
  }

  /**
   * Returns the nuclei whose boxes touch a rectangle, with their outlines, in the order of `of`. Reads only the chunks
   * there.
   */
  touching(slideId: number, rect: Rect): Nuclei {
    const chunks = this.chunks.of(slideId).filter(({ bounds }) => touches(bounds, rect))
    return this.#join(slideId, chunks, (nuclei, i) => touches(boxOf(nuclei, i), rect))
  }

  /** Returns the ids, boxes and sources of all nuclei of a slide, in the order of `of`. Cached in memory. */
  heads(slideId: number): NucleusHead {
    return this.#cachedHeads(slideId).head
  }

  /** Returns the ids and boxes of one chunk, including nuclei that users redrew or deleted. */
  headOfChunk(slideId: number, chunkId: number): NucleusHead {
    return unpackChunkHead(this.chunks.bytes(slideId, chunkId, 'head'))
  }

  /** Returns the position of a nucleus in its slide. Throws FailureError 'not-found' if it is not on the slide. */
  positionOf(slideId: number, nucleusId: number): number {
    return this.positionsOf(slideId, [nucleusId])[0]
  }

  /** Returns the positions of nuclei in their slide. Throws FailureError 'not-found' if one is not on the slide. */
  positionsOf(slideId: number, nucleusIds: ArrayLike<number>): Uint32Array {
    const { position, lowest } = this.#cachedHeads(slideId)
    const positions = new Uint32Array(nucleusIds.length)
    for (let k = 0; k < nucleusIds.length; k++) {
      const at = position[nucleusIds[k] - lowest] ?? -1
      if (at < 0) throw new FailureError('not-found', message('noNucleus', { id: nucleusIds[k] }))
      positions[k] = at
    }
    return positions
  }

  /** Returns the positions of nuclei in their slide; −1 for nuclei that are not on it. */
  positionsOrMissing(slideId: number, nucleusIds: Uint32Array): Int32Array {
    const { position, lowest } = this.#cachedHeads(slideId)
    return Int32Array.from(nucleusIds, (id) => position[id - lowest] ?? -1)
  }

  version(slideId: number): number {
    return (
      this.#db.get<{ nucleiVersion: number }>('SELECT nucleiVersion FROM slide WHERE id = ?', slideId)?.nucleiVersion ??
      0
    )
  }

  /** Returns one nucleus with its outline. Throws FailureError 'not-found' if it is not on the slide. */
  one(slideId: number, nucleusId: number): Nuclei {
    const [x, y, right, bottom] = boxOf(this.heads(slideId), this.positionOf(slideId, nucleusId))
    const near = this.touching(slideId, { x, y, width: right - x, height: bottom - y })
    const at = near.id.indexOf(nucleusId)
    if (at < 0) throw new Error(`Nucleus ${nucleusId} is listed and in no chunk.`)
    return takeNuclei(near, [at])
  }

  /**
   * Writes a new chunk, not in force, of those nuclei of `chunkIds` whose ids are in `ids`. Returns its id, or
   * undefined if there are no such nuclei.
   */
  writeChunkOf(slideId: number, chunkIds: readonly number[], ids: ReadonlySet<number>): number | undefined {
    if (ids.size === 0) return undefined
    const parts = chunkIds.map((chunkId) => {
      const { nuclei, since } = this.#chunk(slideId, chunkId)
      const index = Uint32Array.from(nuclei.id.keys()).filter((i) => ids.has(nuclei.id[i]))
      return { nuclei: takeNuclei(nuclei, index), since: index.map((i) => since[i]) }
    })
    const { nuclei, since } = joinVersioned(parts)
    return nuclei.count === 0 ? undefined : this.chunks.write(slideId, 0, packChunk(nuclei, since))
  }

  /** Returns what another thread needs to merge a detection or an import, packed as in the file. */
  forMerge(slideId: number): PackedSlide {
    return {
      chunks: this.chunks.of(slideId).map(({ id }) => ({
        head: this.chunks.bytes(slideId, id, 'head'),
        outlines: this.chunks.bytes(slideId, id, 'outlines'),
      })),
      drawn: this.outlines.drawnOutlines(slideId).nuclei,
      overridden: Uint32Array.from(this.outlines.of(slideId).keys()),
      version: this.version(slideId) + 1,
    }
  }

  /**
   * Updates the slide's version and count of nuclei. Call it after chunks or user outlines have changed, in the same
   * transaction.
   */
  updateVersionAndCount(slideId: number): void {
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
    return joinNuclei([...found, pick(this.outlines.drawnOutlines(slideId).nuclei, () => true)])
  }

  #chunk(slideId: number, chunkId: number) {
    const bytes = (part: 'head' | 'outlines') => this.chunks.bytes(slideId, chunkId, part)
    return unpackChunk({ head: bytes('head'), outlines: bytes('outlines') })
  }

  #find(slideId: number, nucleusId: number): number {
    const { position, lowest } = this.#cachedHeads(slideId)
    return position[nucleusId - lowest] ?? -1
  }

  #cachedHeads(slideId: number): CachedHeads {
    const version = this.version(slideId)
    const known = this.#cache.get(slideId)
    if (known?.version === version) return known
    const own = this.outlines.of(slideId)
    const chunks = this.chunks.of(slideId).map(({ id }) => this.headOfChunk(slideId, id))
    const drawn = this.outlines.drawnOutlines(slideId)
    const { head } = joinHeads([...chunks, headOf(drawn.nuclei, drawn.since)], (chunk, i) =>
      chunk < chunks.length ? !own.has(chunks[chunk].id[i]) : true,
    )
    const lowest = head.id.reduce((least, id) => Math.min(least, id), Infinity)
    const highest = head.id.reduce((most, id) => Math.max(most, id), 0)
    const position = new Int32Array(head.count ? highest - lowest + 1 : 0).fill(-1)
    head.id.forEach((id, i) => (position[id - lowest] = i))
    const next = { version, head, position, lowest }
    this.#cache.set(slideId, next)
    return next
  }
}

/** Returns whether a box (xmin, ymin, xmax, ymax) and a rectangle share a point. */
const touches = ([x0, y0, x1, y1]: readonly number[], { x, y, width, height }: Rect) =>
  x0 <= x + width && x1 >= x && y0 <= y + height && y1 >= y

import { message } from '../../contract/index.ts'
import type { Database } from '../file/database.ts'
import { pack, unpack } from '../file/blob.ts'
import {
  asDetected,
  drawn,
  gone,
  joinVersioned,
  takeOne,
  outlineChanges,
  outlineRows,
  packVersioned,
  reversedOutlines,
  unpackVersioned,
  type VersionedNuclei,
  type OutlineChanges,
  type OutlineStates,
} from './outlineChanges.ts'
import type { Part } from '../log/part.ts'

interface EditedOutline {
  /** null: deleted by a user. */
  readonly outline: VersionedNuclei | null
  readonly inChunk: boolean
}

/**
 * Outlines that users drew, changed or deleted. They override the detected or imported outlines, which stay in their
 * chunks.
 */
export class OutlineState implements Part<OutlineChanges> {
  readonly rows = outlineRows
  readonly read = outlineChanges
  readonly reversed = reversedOutlines
  readonly #db: Database
  readonly #isFound: (slideId: number, id: number) => boolean
  readonly #changed: (slideId: number) => void
  #slides = new Map<number, Map<number, EditedOutline>>()

  /**
   * `isFound` returns whether a nucleus is in a chunk. `changed` is called after the outlines of a slide have changed.
   */
  constructor(db: Database, isFound: (slideId: number, id: number) => boolean, changed: (slideId: number) => void) {
    this.#db = db
    this.#isFound = isFound
    this.#changed = changed
    this.#load()
    db.onRollback(() => this.#load())
  }

  /** Returns the outlines of a slide that users drew, changed or deleted, by nucleus id. */
  of(slideId: number): ReadonlyMap<number, EditedOutline> {
    return this.#slides.get(slideId) ?? new Map<number, EditedOutline>()
  }

  /** Returns the outlines that users drew on a slide, by ascending id. */
  drawnOutlines(slideId: number): VersionedNuclei {
    const edited = [...this.of(slideId)].sort(([a], [b]) => a - b)
    return joinVersioned(edited.flatMap(([, { outline }]) => (outline ? [outline] : [])))
  }

  /** Returns the present state of nuclei. */
  statesOf(slideId: number, ids: ArrayLike<number>): OutlineStates {
    const edited = this.of(slideId)
    const state = new Uint8Array(ids.length)
    const outlines: VersionedNuclei[] = []
    for (let i = 0; i < ids.length; i++) {
      const entry = edited.get(ids[i])
      state[i] = !entry ? asDetected : entry.outline ? drawn : gone
      if (entry?.outline) outlines.push(entry.outline)
    }
    return { state, outlines: joinVersioned(outlines) }
  }

  apply(slideId: number, { ids, after }: OutlineChanges): void {
    let at = 0
    ids.forEach((id, i) => {
      if (after.state[i] === asDetected) return this.#forget(slideId, id)
      this.#set(slideId, id, after.state[i] === drawn ? takeOne(after.outlines, at++) : null)
    })
    this.#changed(slideId)
  }

  #set(slideId: number, id: number, outline: VersionedNuclei | null): void {
    const edited = this.#slides.get(slideId) ?? new Map<number, EditedOutline>()
    const inChunk = edited.get(id)?.inChunk ?? this.#isFound(slideId, id)
    this.#db.run(
      `INSERT INTO drawn (nucleusId, slideId, inChunk, nuclei) VALUES (?, ?, ?, ?)
       ON CONFLICT (nucleusId) DO UPDATE SET nuclei = excluded.nuclei`,
      id,
      slideId,
      inChunk ? 1 : 0,
      outline && pack(packVersioned(outline)),
    )
    this.#slides.set(slideId, edited.set(id, { outline, inChunk }))
  }

  #forget(slideId: number, id: number): void {
    this.#db.run('DELETE FROM drawn WHERE nucleusId = ?', id)
    this.#slides.get(slideId)?.delete(id)
  }

  #load(): void {
    this.#slides = new Map()
    for (const row of this.#db.all<{ nucleusId: number; slideId: number; inChunk: number; nuclei: Uint8Array | null }>(
      'SELECT * FROM drawn',
    )) {
      const edited = this.#slides.get(row.slideId) ?? new Map<number, EditedOutline>()
      const outline = row.nuclei && unpack(row.nuclei, message('partOutline'), unpackVersioned)
      this.#slides.set(row.slideId, edited.set(row.nucleusId, { outline, inChunk: row.inChunk === 1 }))
    }
  }
}

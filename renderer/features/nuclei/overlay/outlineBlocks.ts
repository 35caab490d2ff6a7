import type { Nuclei } from '../../../../electron/contract/nuclei/nuclei.ts'
import { unpackNuclei } from '../../../../electron/contract/nuclei/packedNuclei.ts'
import type { FetchedNuclei } from '../fetchColumns.ts'

/**
 * One outline: points `from` … `to`−1 of `xy`. Adding dx, dy makes them relative to the origin of the slide's columns.
 */
export interface Outline {
  readonly xy: Float32Array
  readonly from: number
  readonly to: number
  readonly dx: number
  readonly dy: number
}
/** Returns the outline of the nucleus at a position, or null if it has not arrived. */
export type OutlineOf = (position: number) => Outline | null

/** Reads the outlines of nuclei that are completely in memory, for pictures of a few nuclei and for tests. */
export function outlinesIn(n: Nuclei): OutlineOf {
  return (i) => ({ xy: n.outline, from: n.outlineStart[i], to: n.outlineStart[i + 1], dx: 0, dy: 0 })
}

export interface OutlineSource {
  /** Fetches the packed outlines of a block. */
  fetch(blockId: number, signal: AbortSignal): Promise<Uint8Array>
  /** Called when a block has arrived, or when a failed block may be requested again. */
  changed(): void
  failed(error: unknown): void
}

const atOnce = 3 // requests at a time: more would only share the same disk and core
const retryAfter = 2_000 // ms

/**
 * The outlines of a slide's nuclei, by block. A block is fetched when it is to be drawn. Beyond `budget` bytes, the
 * blocks that were not needed for longest are dropped. A million outlines of 20 points would take 160 MB; a view that
 * draws outlines touches a few blocks.
 */
export class OutlineBlocks {
  readonly #source: OutlineSource
  readonly #budget: number
  readonly #kept = new Map<number, Nuclei>()
  readonly #underWay = new Map<number, Promise<Nuclei>>()
  readonly #failed = new Set<number>()
  readonly #leaving = new AbortController()
  #wanted: number[] = []
  #bytes = 0
  #fetched: FetchedNuclei | null = null

  constructor(source: OutlineSource, budget = 64 * 2 ** 20) {
    this.#source = source
    this.#budget = budget
  }

  /** Sets the columns that positions refer to from now on. Outlines of blocks that are still part of them are kept. */
  of(fetched: FetchedNuclei | null): void {
    this.#fetched = fetched
    this.#wanted = []
    const ids = new Set(fetched?.blocks.map(({ id }) => id))
    for (const id of [...this.#kept.keys()]) if (!ids.has(id)) this.#drop(id)
  }

  /** Bytes of outlines in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** Returns the outline of the nucleus at a position of the columns, or null if it has not arrived. */
  readonly at: OutlineOf = (position) => {
    if (!this.#fetched) return null
    const { columns, blocks, drawn } = this.#fetched
    const part = columns.part[position]
    const nuclei = part === blocks.length ? drawn : this.#kept.get(blocks[part].id)
    if (!nuclei) return null
    const i = columns.index[position]
    return {
      xy: nuclei.outline,
      from: nuclei.outlineStart[i],
      to: nuclei.outlineStart[i + 1],
      dx: nuclei.origin[0] - columns.origin[0],
      dy: nuclei.origin[1] - columns.origin[1],
    }
  }

  has(part: number): boolean {
    const block = this.#fetched?.blocks[part]
    return block === undefined || this.#kept.has(block.id)
  }

  /**
   * Sets the blocks (parts of the columns) that the view draws. Missing ones are fetched in turn, and none of them is
   * dropped.
   */
  need(parts: Iterable<number>): void {
    const ids = [...parts].flatMap((part) => this.#fetched?.blocks[part]?.id ?? [])
    for (const id of ids) {
      const nuclei = this.#kept.get(id)
      if (!nuclei) continue
      this.#kept.delete(id) // moves it to the end: most recently needed
      this.#kept.set(id, nuclei)
    }
    this.#wanted = ids.filter((id) => !this.#kept.has(id))
    this.#trim(new Set(ids))
    this.#next()
  }

  /** Returns the outline of one nucleus, fetching its block if necessary. Rejects as the source does. */
  async load(position: number): Promise<Outline | null> {
    const { columns, blocks } = this.#fetched ?? {}
    const block = blocks?.[columns?.part[position] ?? -1]
    if (block && !this.#kept.has(block.id)) await this.#fetch(block.id)
    return columns === this.#fetched?.columns ? this.at(position) : null
  }

  dispose(): void {
    this.#leaving.abort()
  }

  #next(): void {
    for (const id of this.#wanted) {
      if (this.#underWay.size >= atOnce) return
      if (!this.#underWay.has(id) && !this.#failed.has(id)) this.#fetch(id).catch(() => undefined)
    }
  }

  #fetch(id: number): Promise<Nuclei> {
    const known = this.#underWay.get(id)
    if (known) return known
    const coming = this.#bring(id).finally(() => {
      this.#underWay.delete(id)
      this.#next()
    })
    this.#underWay.set(id, coming)
    return coming
  }

  async #bring(id: number): Promise<Nuclei> {
    const { signal } = this.#leaving
    try {
      const bytes = await this.#source.fetch(id, signal)
      const block = this.#fetched?.blocks.find((b) => b.id === id)
      if (!block) throw new DOMException('The block has gone with a new detection.', 'AbortError')
      const nuclei = unpackNuclei(block.head, bytes)
      this.#kept.set(id, nuclei)
      this.#bytes += sizeOf(nuclei)
      this.#wanted = this.#wanted.filter((wanted) => wanted !== id)
      this.#source.changed()
      return nuclei
    } catch (error) {
      if (!signal.aborted && !(error instanceof DOMException)) {
        this.#failed.add(id)
        this.#source.failed(error)
        setTimeout(() => {
          this.#failed.delete(id)
          if (!signal.aborted) this.#source.changed()
        }, retryAfter)
      }
      throw error
    }
  }

  #trim(needed: ReadonlySet<number>): void {
    for (const id of [...this.#kept.keys()]) {
      if (this.#bytes <= this.#budget) return
      if (!needed.has(id)) this.#drop(id)
    }
  }

  #drop(id: number): void {
    const nuclei = this.#kept.get(id)
    if (!nuclei) return
    this.#kept.delete(id)
    this.#bytes -= sizeOf(nuclei)
  }
}

const sizeOf = ({ outline, outlineStart }: Nuclei) => outline.byteLength + outlineStart.byteLength

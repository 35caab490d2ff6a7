import { regionSchema, type Region, message } from '../../contract/index.ts'
import { pack, unpack } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import type { Part } from './part.ts'

/** A region of interest before and after a step; null: it did not exist. */
export interface RegionChange {
  readonly before: Region | null
  readonly after: Region | null
}

/** Regions of interest on slides. */
export class RegionState implements Part<RegionChange> {
  readonly #db: Database
  #known: readonly Region[] | undefined

  constructor(db: Database) {
    this.#db = db
    db.onRollback(() => (this.#known = undefined))
  }

  /** Returns all regions in the order in which they were drawn. Returns the same array until a region changes. */
  all(): readonly Region[] {
    return (this.#known ??= this.#read())
  }

  #read(): Region[] {
    return this.#db
      .all<{ id: number; slideId: number; name: string; outline: string; kind: string }>(
        'SELECT * FROM region ORDER BY id',
      )
      .map(({ outline, ...row }) => regionSchema.parse({ ...row, outline: JSON.parse(outline) }))
  }

  /** Returns an id that no region of the project has or ever had. */
  newId(): number {
    const row = this.#db.get<{ n: number }>(`SELECT count(*) AS n FROM step WHERE kind = 'region'`)
    return (row?.n ?? 0) + 1
  }

  *rows(change: RegionChange): Generator<readonly [number, Uint8Array]> {
    yield [0, pack(new TextEncoder().encode(JSON.stringify(change)))]
  }

  read(rows: readonly { readonly content: Uint8Array }[]): RegionChange {
    return unpack(rows[0].content, message('partRegion'), (bytes) => {
      const { before, after } = JSON.parse(new TextDecoder().decode(bytes)) as Record<'before' | 'after', unknown>
      return { before: regionSchema.nullable().parse(before), after: regionSchema.nullable().parse(after) }
    })
  }

  reversed({ before, after }: RegionChange): RegionChange {
    return { before: after, after: before }
  }

  apply(_slideId: number, { before, after }: RegionChange): void {
    this.#known = undefined
    if (!after) this.#db.run('DELETE FROM region WHERE id = ?', before?.id ?? 0)
    else
      this.#db.run(
        `INSERT INTO region (id, slideId, kind, name, outline) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, outline = excluded.outline`,
        after.id,
        after.slideId,
        after.kind,
        after.name,
        JSON.stringify(after.outline),
      )
  }
}

import { z } from 'zod'
import { decodeColumns, encodeColumns, message } from '../../contract/index.ts'
import { pack, unpack } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import type { Part } from './part.ts'

/**
 * Which runs are shown for a slide: `runId` for all nuclei, then acceptances of other runs for some of them (ids, in
 * order).
 */
const shownRunsSchema = z.object({ runId: z.number().int().nullable(), accepted: z.array(z.number().int()) })
export type ShownRuns = z.infer<typeof shownRunsSchema>

export interface AcceptedChange {
  readonly before: ShownRuns
  readonly after: ShownRuns
}

/** The shown runs: per slide a run for all nuclei, and acceptances that show other runs for some nuclei. */
export class ShownRunState implements Part<AcceptedChange> {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  shownRuns(slideId: number): ShownRuns {
    const row = this.#db.get<{ runId: number | null; accepted: string }>(
      'SELECT activeRunId AS runId, accepted FROM slide WHERE id = ?',
      slideId,
    )
    return shownRunsSchema.parse({ runId: row?.runId ?? null, accepted: JSON.parse(row?.accepted ?? '[]') })
  }

  /**
   * Returns the runs that are shown for some of a slide's nuclei, in order. Where they overlap, the last one counts.
   */
  partialRuns(slideId: number): { runId: number; ids: Uint32Array }[] {
    return this.shownRuns(slideId).accepted.flatMap((id) => {
      const row = this.#db.get<{ runId: number; ids: Uint8Array }>('SELECT runId, ids FROM acceptance WHERE id = ?', id)
      return row ? [{ runId: row.runId, ids: unpack(row.ids, message('partAcceptance'), idsOf) }] : []
    })
  }

  /** Returns the change that shows a run for `ids` (null: for all nuclei). */
  change(slideId: number, runId: number, ids: Uint32Array | null): AcceptedChange {
    const before = this.shownRuns(slideId)
    if (!ids) return { before, after: { runId, accepted: [] } }
    const id = this.#db.run(
      'INSERT INTO acceptance (slideId, runId, count, ids) VALUES (?, ?, ?, ?)',
      slideId,
      runId,
      ids.length,
      pack(encodeColumns({ ids: ids.toSorted() })),
    )
    return { before, after: { ...before, accepted: [...before.accepted, id] } }
  }

  *rows(change: AcceptedChange): Generator<readonly [number, Uint8Array]> {
    yield [0, pack(new TextEncoder().encode(JSON.stringify(change)))]
  }

  read(rows: readonly { readonly content: Uint8Array }[]): AcceptedChange {
    return unpack(rows[0].content, message('partAcceptance'), (bytes) => {
      const { before, after } = JSON.parse(new TextDecoder().decode(bytes)) as Record<'before' | 'after', unknown>
      return { before: shownRunsSchema.parse(before), after: shownRunsSchema.parse(after) }
    })
  }

  reversed({ before, after }: AcceptedChange): AcceptedChange {
    return { before: after, after: before }
  }

  apply(slideId: number, { after }: AcceptedChange): void {
    this.#db.run(
      'UPDATE slide SET activeRunId = ?, accepted = ? WHERE id = ?',
      after.runId,
      JSON.stringify(after.accepted),
      slideId,
    )
  }
}

const idsOf = (bytes: Uint8Array): Uint32Array => Uint32Array.from(decodeColumns(bytes).ids)

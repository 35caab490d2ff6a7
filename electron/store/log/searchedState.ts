import { z } from 'zod'
import { searchedSchema, type Searched, message } from '../../contract/index.ts'
import { pack, unpack } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import type { Part } from './part.ts'

const changeSchema = z.object({ before: searchedSchema, after: searchedSchema })
export type SearchedChange = z.infer<typeof changeSchema>

/** The area of each slide in which nuclei were searched for. Elsewhere, missing nuclei must not count as absent. */
export class SearchedState implements Part<SearchedChange> {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  of(slideId: number): Searched {
    const row = this.#db.get<{ searched: string | null }>('SELECT searched FROM slide WHERE id = ?', slideId)
    return searchedSchema.parse(JSON.parse(row?.searched ?? 'null'))
  }

  /** Sets the area without a step: for a running detection, whose step follows when it ends. */
  set(slideId: number, searched: Searched): void {
    this.#db.run('UPDATE slide SET searched = ? WHERE id = ?', searched && JSON.stringify(searched), slideId)
  }

  *rows(change: SearchedChange): Generator<readonly [number, Uint8Array]> {
    yield [0, pack(new TextEncoder().encode(JSON.stringify(change)))]
  }

  read(rows: readonly { readonly content: Uint8Array }[]): SearchedChange {
    return unpack(rows[0].content, message('partStep'), (bytes) =>
      changeSchema.parse(JSON.parse(new TextDecoder().decode(bytes))),
    )
  }

  reversed({ before, after }: SearchedChange): SearchedChange {
    return { before: after, after: before }
  }

  apply(slideId: number, { after }: SearchedChange): void {
    this.set(slideId, after)
  }
}

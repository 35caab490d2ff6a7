import { z } from 'zod'
import { searchedSchema, type Searched } from '../../contract/index.ts'
import { packed, unpacked } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import type { Part } from './stepParts.ts'

const changeSchema = z.object({ before: searchedSchema, after: searchedSchema })
export type SearchedChange = z.infer<typeof changeSchema>

/** Where nuclei were searched for on each slide: nuclei that nobody looked for must not count as not there. */
export class SearchedState implements Part<SearchedChange> {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  of(slideId: number): Searched {
    const row = this.#db.get<{ searched: string | null }>('SELECT searched FROM slide WHERE id = ?', slideId)
    return searchedSchema.parse(JSON.parse(row?.searched ?? 'null'))
  }

  /** For what a detection shows while it goes: its step comes with its end. */
  set(slideId: number, searched: Searched): void {
    this.#db.run('UPDATE slide SET searched = ? WHERE id = ?', searched && JSON.stringify(searched), slideId)
  }

  *rows(change: SearchedChange): Generator<readonly [number, Uint8Array]> {
    yield [0, packed(new TextEncoder().encode(JSON.stringify(change)))]
  }

  read(rows: readonly { readonly content: Uint8Array }[]): SearchedChange {
    return unpacked(rows[0].content, 'a step of the log', (bytes) =>
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

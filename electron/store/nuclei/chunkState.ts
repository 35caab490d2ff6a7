import { message } from '../../contract/index.ts'
import { z } from 'zod'
import { packed, unpacked } from '../file/blob.ts'
import type { NucleusStore } from './nucleusStore.ts'
import type { Part } from '../log/part.ts'

/** The chunks that a detection or an import took out of force, and those that it put in force instead (ids). */
const foundSchema = z.object({ before: z.array(z.number().int()), after: z.array(z.number().int()) })
export type FoundChange = z.infer<typeof foundSchema>

/**
 * Which chunks of detected and imported nuclei are in force. A step stores only chunk ids; the chunks stay in their
 * table.
 */
export class FoundState implements Part<FoundChange> {
  readonly #nuclei: NucleusStore

  constructor(nuclei: NucleusStore) {
    this.#nuclei = nuclei
  }

  *rows(change: FoundChange): Generator<readonly [number, Uint8Array]> {
    yield [0, packed(new TextEncoder().encode(JSON.stringify(change)))]
  }

  read(rows: readonly { readonly content: Uint8Array }[]): FoundChange {
    return unpacked(rows[0].content, message('partStep'), (bytes) =>
      foundSchema.parse(JSON.parse(new TextDecoder().decode(bytes))),
    )
  }

  reversed({ before, after }: FoundChange): FoundChange {
    return { before: after, after: before }
  }

  apply(slideId: number, { before, after }: FoundChange): void {
    this.#nuclei.chunks.exchange(before, after)
    this.#nuclei.changed(slideId)
  }

  /** Returns whether all chunks that undo and redo need still exist. */
  canMove({ before, after }: FoundChange): boolean {
    return this.#nuclei.chunks.have([...before, ...after])
  }
}

import { message } from '../../contract/index.ts'
import { z } from 'zod'
import { pack, unpack } from '../file/blob.ts'
import type { NucleusStore } from './nucleusStore.ts'
import type { Part } from '../log/part.ts'

/** The chunks that a detection or an import took out of force, and those that it put in force instead (ids). */
const foundSchema = z.object({ before: z.array(z.number().int()), after: z.array(z.number().int()) })
export type ChunkChange = z.infer<typeof foundSchema>

/**
 * Which chunks of detected and imported nuclei are in force. A step stores only chunk ids; the chunks stay in their
 * table.
 */
export class ChunkState implements Part<ChunkChange> {
  readonly #nuclei: NucleusStore

  constructor(nuclei: NucleusStore) {
    this.#nuclei = nuclei
  }

  *rows(change: ChunkChange): Generator<readonly [number, Uint8Array]> {
    yield [0, pack(new TextEncoder().encode(JSON.stringify(change)))]
  }

  read(rows: readonly { readonly content: Uint8Array }[]): ChunkChange {
    return unpack(rows[0].content, message('partStep'), (bytes) =>
      foundSchema.parse(JSON.parse(new TextDecoder().decode(bytes))),
    )
  }

  reversed({ before, after }: ChunkChange): ChunkChange {
    return { before: after, after: before }
  }

  apply(slideId: number, { before, after }: ChunkChange): void {
    this.#nuclei.chunks.exchange(before, after)
    this.#nuclei.updateVersionAndCount(slideId)
  }

  /** Returns whether all chunks that undo and redo need still exist. */
  canUndoOrRedo({ before, after }: ChunkChange): boolean {
    return this.#nuclei.chunks.hasAll([...before, ...after])
  }
}

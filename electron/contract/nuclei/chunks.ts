import { decodeColumns, encodeColumns } from './columns.ts'
import { joinHeads, type JoinedHeads } from './joinHeads.ts'
import type { Nuclei } from './nuclei.ts'
import { headOf, packHead, packOutlines, unpackHead, unpackNuclei, type NucleusHead } from './packedNuclei.ts'

/**
 * One chunk of at most 65,536 nuclei that lie close together. A chunk never changes; a new detection makes new chunks.
 */
export interface NucleusChunk {
  readonly id: number
  readonly count: number
  /** xmin, ymin, xmax, ymax of all its nuclei, level-0 pixels. */
  readonly bounds: readonly [number, number, number, number]
}
export type NucleusChunks = readonly NucleusChunk[]

/** Outlines drawn by people, which override the chunks of a slide. */
export interface Drawn {
  /** The drawn nuclei, ordered by id. */
  readonly nuclei: Nuclei
  /** Ids of nuclei in chunks that were redrawn or deleted. Their outlines in the chunks no longer count. */
  readonly replaced: Uint32Array
}

export const encodeDrawn = ({ nuclei, replaced }: Drawn): Uint8Array<ArrayBuffer> =>
  encodeColumns({
    head: packHead(headOf(nuclei, new Uint32Array(nuclei.count))),
    outlines: packOutlines(nuclei),
    replaced,
  })

/** Throws RangeError on a damaged buffer. */
export function decodeDrawn(bytes: Uint8Array): Drawn {
  const { head, outlines, replaced } = decodeColumns(bytes)
  return {
    nuclei: unpackNuclei(unpackHead(head as Uint8Array), outlines as Uint8Array),
    replaced: Uint32Array.from(replaced),
  }
}

/**
 * Returns all nuclei of a slide in the order of the shown classes: the chunks without replaced nuclei, then the drawn
 * nuclei (the last part). `blocks` are the heads of the chunks, in order.
 */
export function slideHeads(blocks: readonly NucleusHead[], { nuclei, replaced }: Drawn): JoinedHeads {
  const hidden = new Set(replaced)
  const drawn = headOf(nuclei, new Uint32Array(nuclei.count))
  return joinHeads(
    [...blocks, drawn],
    (p, i) => p === blocks.length || hidden.size === 0 || !hidden.has(blocks[p].id[i]),
  )
}

import { decodeDrawn, slideHeads, type NucleusChunks } from '../../../electron/contract/nuclei/chunks.ts'
import type { Nuclei } from '../../../electron/contract/nuclei/nuclei.ts'
import { unpackHead, type NucleusHead } from '../../../electron/contract/nuclei/packedNuclei.ts'
import { binaryRoutes } from '../../../electron/contract/api/binaryRoutes.ts'
import {
  decodePredicted,
  decodeShown,
  type PredictedClasses,
  type ShownUpdate,
  type ShownVersion,
} from '../../../electron/contract/nuclei/displayed.ts'
import { fetchBytes } from '../../host/index.ts'

/** What the page keeps of every nucleus of a slide, in the order that shown classes follow. */
export interface NucleusColumns extends Pick<Nuclei, 'count' | 'origin' | 'id' | 'box' | 'source'> {
  /** Which block a nucleus lies in (the last: what people drew), and which of that block's it is. */
  readonly part: Uint16Array
  readonly index: Uint32Array
}

/** A slide's nuclei as fetched: all of their heads, and what their outlines are found by. */
export interface FetchedNuclei {
  readonly columns: NucleusColumns
  readonly blocks: readonly { readonly id: number; readonly head: NucleusHead }[]
  readonly drawn: Nuclei
}

/**
 * The heads of all nuclei of a slide (25 bytes each; outlines come later, by view). Blocks never change: those of
 * `before` are not fetched again, and the browser keeps them too. `onBlock` hears how many of how many are there.
 */
export async function fetchNuclei(
  slide: number,
  version: number,
  before: FetchedNuclei | null,
  onBlock: (done: number, of: number) => void,
  signal: AbortSignal,
): Promise<FetchedNuclei> {
  const bytes = await fetchBytes(binaryRoutes.chunks(slide, version), signal)
  const list = JSON.parse(new TextDecoder().decode(bytes)) as NucleusChunks
  const drawn = decodeDrawn(await fetchBytes(binaryRoutes.drawn(slide, version), signal))
  const known = new Map(before?.blocks.map((block) => [block.id, block]))
  let done = 0
  onBlock(0, list.length)
  const blocks = await Promise.all(
    list.map(async ({ id }) => {
      const block = known.get(id) ?? {
        id,
        head: unpackHead(await fetchBytes(binaryRoutes.chunkHead(slide, id), signal)),
      }
      onBlock(++done, list.length)
      return block
    }),
  )
  const { head, part, index } = slideHeads(
    blocks.map((block) => block.head),
    drawn,
  )
  const { count, origin, id, box, source } = head
  return { columns: { count, origin, id, box, source, part, index }, blocks, drawn: drawn.nuclei }
}

/** What has changed of the shown classes since those that are here (all of them where none are). */
export const fetchShown = async (
  slide: number,
  since: ShownVersion | undefined,
  signal: AbortSignal,
): Promise<ShownUpdate> => decodeShown(await fetchBytes(binaryRoutes.shown(slide, since), signal))

export const fetchPredicted = async (slide: number, version: number, signal: AbortSignal): Promise<PredictedClasses> =>
  decodePredicted(await fetchBytes(binaryRoutes.predicted(slide, version), signal))

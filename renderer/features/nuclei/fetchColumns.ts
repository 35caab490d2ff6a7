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

/** What the page keeps for every nucleus of a slide. The shown classes use the same order. */
export interface NucleusColumns extends Pick<Nuclei, 'count' | 'origin' | 'id' | 'box' | 'source'> {
  /**
   * `part`: index of the block that holds the nucleus; the last part holds nuclei drawn by people. `index`: the
   * nucleus's index in that block.
   */
  readonly part: Uint16Array
  readonly index: Uint32Array
}

/** The fetched nuclei of a slide: the heads of all of them, and what is needed to find their outlines. */
export interface FetchedNuclei {
  readonly columns: NucleusColumns
  readonly blocks: readonly { readonly id: number; readonly head: NucleusHead }[]
  readonly drawn: Nuclei
}

/**
 * Fetches the heads of all nuclei of a slide (25 bytes each; outlines are fetched later, by view). Blocks never change,
 * so those in `before` are not fetched again, and the browser caches them too. `onBlock` is called with the number of
 * blocks received and the total.
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

/** Fetches the changes to the shown classes after version `since`, or all of them if `since` is undefined. */
export const fetchShown = async (
  slide: number,
  since: ShownVersion | undefined,
  signal: AbortSignal,
): Promise<ShownUpdate> => decodeShown(await fetchBytes(binaryRoutes.shown(slide, since), signal))

export const fetchPredicted = async (slide: number, version: number, signal: AbortSignal): Promise<PredictedClasses> =>
  decodePredicted(await fetchBytes(binaryRoutes.predicted(slide, version), signal))

import { binaryRoutes } from '../../../electron/contract/routes.ts'
import { decodeDrawn, wholeSlide, type NucleusChunks } from '../../../electron/contract/chunks.ts'
import type { Nuclei } from '../../../electron/contract/nuclei.ts'
import { unpackHead, unpackNuclei } from '../../../electron/contract/packedNuclei.ts'
import { decodeShown, type ShownClasses } from '../../../electron/contract/shown.ts'
import { fetchBytes } from '../../host/index.ts'

/** All nuclei of a slide. Blocks never change, so the browser keeps them; after an edit only the drawn come anew. */
export async function fetchNuclei(slide: number, version: number, signal: AbortSignal): Promise<Nuclei> {
  const list = JSON.parse(
    new TextDecoder().decode(await fetchBytes(binaryRoutes.chunks(slide, version), signal)),
  ) as NucleusChunks
  const drawn = decodeDrawn(await fetchBytes(binaryRoutes.drawn(slide, version), signal))
  const chunks = await Promise.all(
    list.map(async ({ id }) => {
      const [head, outlines] = await Promise.all([
        fetchBytes(binaryRoutes.chunkHead(slide, id), signal),
        fetchBytes(binaryRoutes.chunkOutlines(slide, id), signal),
      ])
      return unpackNuclei(unpackHead(head), outlines)
    }),
  )
  return wholeSlide(chunks, drawn)
}

export const fetchShown = async (slide: number, version: number, signal: AbortSignal): Promise<ShownClasses> =>
  decodeShown(await fetchBytes(binaryRoutes.shown(slide, version), signal))

/** Everything unclassified: what is shown of nuclei before anything is known. */
export const nothingShown = (count: number): ShownClasses => ({
  count,
  classId: new Uint16Array(count),
  confidence: new Uint8Array(count),
  labelled: new Uint8Array(count),
})

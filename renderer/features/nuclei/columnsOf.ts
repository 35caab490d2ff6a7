import { binaryRoutes } from '../../../electron/contract/routes.ts'
import { decodeNuclei, type Nuclei } from '../../../electron/contract/nuclei.ts'
import { decodeShown, type ShownClasses } from '../../../electron/contract/shown.ts'
import { fetchBytes } from '../../host/index.ts'

export const fetchNuclei = async (slide: number, version: number, signal: AbortSignal): Promise<Nuclei> =>
  decodeNuclei(await fetchBytes(binaryRoutes.nuclei(slide, version), signal))

export const fetchShown = async (slide: number, version: number, signal: AbortSignal): Promise<ShownClasses> =>
  decodeShown(await fetchBytes(binaryRoutes.shown(slide, version), signal))

/** Everything unclassified: what is shown of nuclei before anything is known. */
export const nothingShown = (count: number): ShownClasses => ({
  count,
  classId: new Uint16Array(count),
  confidence: new Uint8Array(count),
  labelled: new Uint8Array(count),
})

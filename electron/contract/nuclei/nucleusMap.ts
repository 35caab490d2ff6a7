import { decodeColumns, encodeColumns } from './columns.ts'

/** A map of a slide's nuclei by their tokens: similar nuclei lie close together. */
export interface NucleusMap {
  /** Ids of the nuclei when the map was made. */
  readonly id: Uint32Array
  /** x, y of each nucleus, [n, 2]. Only closeness has a meaning. */
  readonly places: Float32Array
}

export const encodeNucleusMap = ({ id, places }: NucleusMap): Uint8Array<ArrayBuffer> => encodeColumns({ id, places })

export function decodeNucleusMap(bytes: Uint8Array): NucleusMap {
  const { id, places } = decodeColumns(bytes)
  if (places?.length !== 2 * id?.length) throw new RangeError('The columns of a map disagree about their number.')
  return { id: id as Uint32Array, places: places as Float32Array }
}

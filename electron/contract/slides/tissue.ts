import { decodeColumns, encodeColumns } from '../nuclei/columns.ts'

/**
 * What a person said of a part of a slide: it is tissue whatever it looks like ('added'), or it is none ('excluded').
 */
export interface TissueArea {
  readonly kind: 'added' | 'excluded'
  /** A closed polygon, x, y, … in level-0 pixels. */
  readonly outline: readonly number[]
}

/** Where the tissue of a slide is: as found, with what people added and without what they took out. */
export interface TissueOutlines {
  /** mm²; NaN without µm/px. */
  readonly area: number
  /**
   * Its borders as closed rings, one after the other, x, y of each point in level-0 pixels; even–odd filling fills it.
   */
  readonly xy: Float32Array
  /** Points of each ring. */
  readonly lengths: Uint32Array
}

export const encodeTissue = ({ area, xy, lengths }: TissueOutlines): Uint8Array<ArrayBuffer> =>
  encodeColumns({ area: Float64Array.of(area), xy, lengths })

export function decodeTissue(bytes: Uint8Array): TissueOutlines {
  const c = decodeColumns(bytes)
  return { area: c.area[0], xy: c.xy as Float32Array, lengths: c.lengths as Uint32Array }
}

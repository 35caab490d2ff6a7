import { decodeColumns, encodeColumns } from '../nuclei/columns.ts'

/** An area that a person marked as tissue, whatever it looks like ('added'), or as not tissue ('excluded'). */
export interface TissueArea {
  readonly kind: 'added' | 'excluded'
  /** A closed polygon, x, y, … in level-0 pixels. */
  readonly outline: readonly number[]
}

/** The tissue of a slide: the found tissue plus the areas people added, minus those they took out. */
export interface TissueOutlines {
  /** mm²; NaN without µm/px. */
  readonly area: number
  /**
   * Its borders as closed rings, one after another; x, y of each point in level-0 pixels. Fill with the even–odd rule.
   */
  readonly xy: Float32Array
  /** Number of points of each ring. */
  readonly lengths: Uint32Array
}

export const encodeTissue = ({ area, xy, lengths }: TissueOutlines): Uint8Array<ArrayBuffer> =>
  encodeColumns({ area: Float64Array.of(area), xy, lengths })

export function decodeTissue(bytes: Uint8Array): TissueOutlines {
  const c = decodeColumns(bytes)
  return { area: c.area[0], xy: c.xy as Float32Array, lengths: c.lengths as Uint32Array }
}

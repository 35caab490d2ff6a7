import { decodeColumns, encodeColumns } from '../nuclei/columns.ts'
import { inPolygon } from './polygon.ts'

/** What a person said of a part of a slide: it is tissue whatever it looks like ('added'), or it is none ('excluded'). */
export interface TissueArea {
  readonly kind: 'added' | 'excluded'
  /** A closed polygon, x, y, … in level-0 pixels. */
  readonly outline: readonly number[]
}

/** What people's areas, in the order in which they were drawn, say of a point: the last that holds it has the last word. */
export function saidOfTissue(areas: readonly TissueArea[]): (x: number, y: number) => TissueArea['kind'] | undefined {
  const latest = areas.map(({ kind, outline }) => ({ kind, holds: inPolygon(outline) })).reverse()
  return (x, y) => {
    for (const { kind, holds } of latest) if (holds(x, y)) return kind
    return undefined
  }
}

/** Where the tissue of a slide is: as found, with what people added and without what they took out. */
export interface TissueOutlines {
  /** mm²; NaN without µm/px. */
  readonly area: number
  /** Its borders as closed rings, one after the other, x, y of each point in level-0 pixels; even–odd filling fills it. */
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

import { decodeColumns, encodeColumns } from './columns.ts'

/** What is measured on the outlines of a slide's nuclei, in their order. NaN for a nucleus without an outline. */
export interface MeasuredNuclei {
  /** µm²; level-0 pixels² if the scale is unknown. */
  readonly area: Float32Array
  /** 4π · area / perimeter²: 1 for a circle, less for anything else. */
  readonly roundness: Float32Array
}

export const encodeMeasured = ({ area, roundness }: MeasuredNuclei): Uint8Array<ArrayBuffer> =>
  encodeColumns({ area, roundness })

/** Throws RangeError on a damaged buffer. */
export function decodeMeasured(bytes: Uint8Array): MeasuredNuclei {
  const { area, roundness } = decodeColumns(bytes)
  if (!area || area.length !== roundness?.length) throw new RangeError('Measurements disagree about their number.')
  return { area: area as Float32Array, roundness: roundness as Float32Array }
}

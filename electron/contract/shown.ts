import { decodeColumns, encodeColumns } from './columns.ts'

/**
 * What the overlay needs to colour nuclei, in the order of the slide's Nuclei columns: the shown class is the human
 * label where there is one, else the active run's prediction.
 */
export interface ShownClasses {
  readonly count: number
  /** Class id (classes.ts); 0 = unclassified. */
  readonly classId: Uint16Array
  /** Probability of the predicted class, 0…255 ↔ 0…1; 0 where nothing is predicted. */
  readonly confidence: Uint8Array
  /** 1 where a human said so. */
  readonly labelled: Uint8Array
}

export const encodeShown = (s: ShownClasses): Uint8Array<ArrayBuffer> =>
  encodeColumns({ classId: s.classId, confidence: s.confidence, labelled: s.labelled })

export function decodeShown(bytes: Uint8Array): ShownClasses {
  const c = decodeColumns(bytes)
  return {
    count: c.classId.length,
    classId: c.classId as Uint16Array,
    confidence: c.confidence as Uint8Array,
    labelled: c.labelled as Uint8Array,
  }
}

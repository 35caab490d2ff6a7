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
  /** 1 where a person took the tissue out around it: it is kept with its label, and counted, listed and exported no more. */
  readonly outside: Uint8Array
}

export const encodeShown = (s: ShownClasses): Uint8Array<ArrayBuffer> =>
  encodeColumns({ classId: s.classId, confidence: s.confidence, labelled: s.labelled, outside: s.outside })

export function decodeShown(bytes: Uint8Array): ShownClasses {
  const c = decodeColumns(bytes)
  return {
    count: c.classId.length,
    classId: c.classId as Uint16Array,
    confidence: c.confidence as Uint8Array,
    labelled: c.labelled as Uint8Array,
    outside: c.outside as Uint8Array,
  }
}

/** What the shown runs say of nuclei beneath people's labels, in the order of the slide's Nuclei columns. */
export interface PredictedClasses {
  readonly count: number
  /** Class id; 0 = the runs say nothing. */
  readonly classId: Uint16Array
  /** p₁ − p₂ of the two most probable classes, 0…255 ↔ 0…1; 0 where nothing is predicted. */
  readonly margin: Uint8Array
  /** −Σ pᵢ ln pᵢ / ln C, 0…255 ↔ 0…1; 0 where nothing is predicted. */
  readonly entropy: Uint8Array
}

export const encodePredicted = (p: PredictedClasses): Uint8Array<ArrayBuffer> =>
  encodeColumns({ classId: p.classId, margin: p.margin, entropy: p.entropy })

export function decodePredicted(bytes: Uint8Array): PredictedClasses {
  const c = decodeColumns(bytes)
  return {
    count: c.classId.length,
    classId: c.classId as Uint16Array,
    margin: c.margin as Uint8Array,
    entropy: c.entropy as Uint8Array,
  }
}

import { decodeColumns, encodeColumns } from './columns.ts'

/**
 * What the overlay needs to colour nuclei, in the order of the slide's Nuclei columns. The shown class is the human
 * label if there is one, otherwise the prediction of the shown runs.
 */
export interface ShownClasses {
  readonly count: number
  /** Class id (classes.ts); 0 = unclassified. */
  readonly classId: Uint16Array
  /** Probability of the predicted class, 0…255 ↔ 0…1; 0 without a prediction. */
  readonly confidence: Uint8Array
  /** 1 if that probability is below the threshold of the model that gave it: the model is not sure. */
  readonly uncertain: Uint8Array
  /** 1 if a human labelled the nucleus. */
  readonly labelled: Uint8Array
  /**
   * 1 if a person took the tissue around it out. The nucleus and its label are kept but no longer counted, listed or
   * exported.
   */
  readonly outside: Uint8Array
}

/** Returns columns in which every nucleus is unclassified: what is shown before anything is known. */
export const nothingShown = (count: number): ShownClasses => ({
  count,
  classId: new Uint16Array(count),
  confidence: new Uint8Array(count),
  uncertain: new Uint8Array(count),
  labelled: new Uint8Array(count),
  outside: new Uint8Array(count),
})

/** Returns the shown classes at some positions, in the order of `position`. */
export const shownAt = (shown: ShownClasses, position: Uint32Array): ShownClasses => {
  const part = nothingShown(position.length)
  putShown(part, null, shown, position)
  return part
}

/** True if both hold the same values for the same number of nuclei. */
export const isSameShown = (a: ShownClasses, b: ShownClasses): boolean =>
  a.count === b.count &&
  (['classId', 'confidence', 'uncertain', 'labelled', 'outside'] as const).every((name) =>
    a[name].every((value, k) => value === b[name][k]),
  )

/**
 * Copies shown classes at positions `from` of one set of columns to positions `to` of another (null: all, in order).
 */
export function putShown(
  into: ShownClasses,
  to: Uint32Array | null,
  shown: ShownClasses,
  from: Uint32Array | null,
): void {
  const count = (to ?? from)?.length ?? shown.count
  for (let k = 0; k < count; k++) {
    const [i, j] = [to ? to[k] : k, from ? from[k] : k]
    into.classId[i] = shown.classId[j]
    into.confidence[i] = shown.confidence[j]
    into.uncertain[i] = shown.uncertain[j]
    into.labelled[i] = shown.labelled[j]
    into.outside[i] = shown.outside[j]
  }
}

/** Version of the shown classes that a page has, and of the nuclei (which sets their order). */
export interface ShownVersion {
  readonly nucleiVersion: number
  readonly shownVersion: number
}

/** Brings a page's shown classes up to a version. */
export interface ShownUpdate extends ShownVersion {
  /** Positions of the nuclei that `shown` holds, ascending; null: it holds all of them. */
  readonly position: Uint32Array | null
  readonly shown: ShownClasses
}

export const encodeShown = ({ nucleiVersion, shownVersion, position, shown }: ShownUpdate): Uint8Array<ArrayBuffer> =>
  encodeColumns({
    versions: Uint32Array.of(nucleiVersion, shownVersion),
    ...(position && { position }),
    classId: shown.classId,
    confidence: shown.confidence,
    uncertain: shown.uncertain,
    labelled: shown.labelled,
    outside: shown.outside,
  })

/** Throws RangeError on a damaged buffer. */
export function decodeShown(bytes: Uint8Array): ShownUpdate {
  const c = decodeColumns(bytes)
  const count = c.classId?.length ?? -1
  const names = ['confidence', 'uncertain', 'labelled', 'outside'] as const
  if (names.some((name) => c[name]?.length !== count) || (c.position && c.position.length !== count))
    throw new RangeError('Shown classes disagree about their number.')
  return {
    nucleiVersion: c.versions[0],
    shownVersion: c.versions[1],
    position: (c.position as Uint32Array | undefined) ?? null,
    shown: {
      count,
      classId: c.classId as Uint16Array,
      confidence: c.confidence as Uint8Array,
      uncertain: c.uncertain as Uint8Array,
      labelled: c.labelled as Uint8Array,
      outside: c.outside as Uint8Array,
    },
  }
}

/** Predictions of the shown runs, regardless of human labels, in the order of the slide's Nuclei columns. */
export interface PredictedClasses {
  readonly count: number
  /** Class id; 0 = no prediction. */
  readonly classId: Uint16Array
  /** p₁ − p₂ of the two most probable classes, 0…255 ↔ 0…1; 0 without a prediction. */
  readonly margin: Uint8Array
  /** −Σ pᵢ ln pᵢ / ln C, 0…255 ↔ 0…1; 0 without a prediction. */
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

import { unclassified, type ShownClasses } from '../contract/index.ts'

/** Probabilities are stored as 16-bit fractions: an error below 1e-5, half the room of float32. */
export const probabilityUnit = 65_535

/** What one run says of a slide's nuclei, in the order of those nuclei. */
export interface Predictions {
  /** Project class id of each of the model's classes. */
  readonly classIds: readonly number[]
  /** 1 where the run has spoken. Length n. */
  readonly known: Uint8Array
  /** n × classIds.length, in 1/probabilityUnit. */
  readonly probabilities: Uint16Array
}

/** 16-bit probabilities from float ones. */
export const quantised = (probabilities: Float32Array): Uint16Array =>
  Uint16Array.from(probabilities, (p) => Math.round(Math.min(1, Math.max(0, p)) * probabilityUnit))

/** Position of the most probable class of nucleus i, the first of equals; −1 where the run has not spoken. */
export function mostProbable({ classIds, known, probabilities }: Predictions, i: number): number {
  if (!known[i]) return -1
  const row = i * classIds.length
  let best = 0
  for (let c = 1; c < classIds.length; c++) if (probabilities[row + c] > probabilities[row + best]) best = c
  return best
}

/** What the overlay shows: a human's label where there is one, else the active run's most probable class. */
export function shownClasses(labels: Uint16Array, predictions: Predictions | undefined): ShownClasses {
  const count = labels.length
  const shown = {
    count,
    classId: new Uint16Array(count),
    confidence: new Uint8Array(count),
    labelled: new Uint8Array(count),
  }
  for (let i = 0; i < count; i++) {
    const best = predictions ? mostProbable(predictions, i) : -1
    if (predictions && best >= 0) {
      shown.classId[i] = predictions.classIds[best]
      const p = predictions.probabilities[i * predictions.classIds.length + best] / probabilityUnit
      shown.confidence[i] = Math.round(255 * p)
    }
    if (labels[i] !== unclassified) {
      shown.classId[i] = labels[i]
      shown.labelled[i] = 1
    }
  }
  return shown
}

import { nothingShown, unclassified, type PredictedClasses, type ShownClasses } from '../../contract/index.ts'

/** Probabilities are stored as 16-bit fractions: the error is below 1e-5, at half the size of float32. */
export const probabilityUnit = 65_535

/** The predictions of a run for n nuclei, in the order of the nuclei. */
export interface Predictions {
  /** Project class ids, one per column of `probabilities`. */
  readonly classIds: readonly number[]
  /** 1 where the run has a prediction. Length n. */
  readonly known: Uint8Array
  /** n × classIds.length, in units of 1/probabilityUnit. */
  readonly probabilities: Uint16Array
  /** The probability from which on the predicted class of a nucleus is certain, in the same units; 0: always. Length n. */
  readonly certainFrom: Uint16Array
}

/** Returns what is said of `count` nuclei that nobody has classified. */
export const noPredictions = (count: number): Predictions => ({
  classIds: [],
  known: new Uint8Array(count),
  probabilities: new Uint16Array(0),
  certainFrom: new Uint16Array(count),
})

/** Converts float probabilities to 16-bit ones. */
export const toUint16Probabilities = (probabilities: Float32Array): Uint16Array =>
  Uint16Array.from(probabilities, toUint16)

export const toUint16 = (probability: number): number =>
  Math.round(Math.min(1, Math.max(0, probability)) * probabilityUnit)

/**
 * Returns the project classes of a model, and for each model class its column among them. Two model classes may stand
 * for one project class.
 */
export function classColumns(classes: readonly { readonly classId: number }[]): {
  classIds: number[]
  column: number[]
} {
  const classIds = [...new Set(classes.map((c) => c.classId))]
  return { classIds, column: classes.map((c) => classIds.indexOf(c.classId)) }
}

/**
 * Writes row k of a model's probabilities into a row of project classes. Adds up model classes that share a project
 * class.
 */
export function addRow(row: Uint16Array, column: readonly number[], from: Uint16Array, k: number): void {
  row.fill(0)
  column.forEach((at, c) => (row[at] = Math.min(probabilityUnit, row[at] + from[k * column.length + c])))
}

/** Returns the column of the most probable class of nucleus i (the first, if several are equal); −1 if unpredicted. */
export function mostProbable({ classIds, known, probabilities }: Predictions, i: number): number {
  if (!known[i]) return -1
  const row = i * classIds.length
  let best = 0
  for (let c = 1; c < classIds.length; c++) if (probabilities[row + c] > probabilities[row + best]) best = c
  return best
}

/**
 * Returns what the overlay shows: the label if there is one, else the most probable class of the shown run. `outside`:
 * 1 if a nucleus is outside the tissue.
 */
export function shownClasses(
  labels: Uint16Array,
  predictions: Predictions | undefined,
  outside = new Uint8Array(labels.length),
): ShownClasses {
  const shown = { ...nothingShown(labels.length), outside }
  for (let i = 0; i < labels.length; i++) showOne(shown, i, labels[i], predictions)
  return shown
}

/** Writes the shown class of nucleus i: its label, or the predicted class where it has none. */
export function showOne(shown: ShownClasses, i: number, label: number, predictions: Predictions | undefined): void {
  const best = predictions ? mostProbable(predictions, i) : -1
  let classId: number = unclassified
  let confidence = 0
  let uncertain = 0
  if (predictions && best >= 0) {
    const p = predictions.probabilities[i * predictions.classIds.length + best]
    classId = predictions.classIds[best]
    confidence = Math.round((255 * p) / probabilityUnit)
    uncertain = p < predictions.certainFrom[i] ? 1 : 0
  }
  shown.classId[i] = label === unclassified ? classId : label
  shown.confidence[i] = confidence
  shown.uncertain[i] = uncertain
  shown.labelled[i] = label === unclassified ? 0 : 1
}

/**
 * Returns the predicted class of each of `count` nuclei with its margin over the second class and its entropy, both
 * 0–255. Unpredicted nuclei have zeros.
 */
export function predictedClasses(predictions: Predictions | undefined, count: number): PredictedClasses {
  const said = {
    count,
    classId: new Uint16Array(count),
    margin: new Uint8Array(count),
    entropy: new Uint8Array(count),
  }
  if (!predictions) return said
  const { classIds, probabilities } = predictions
  const most = Math.log(Math.max(2, classIds.length))
  for (let i = 0; i < count; i++) {
    const best = mostProbable(predictions, i)
    if (best < 0) continue
    said.classId[i] = classIds[best]
    const row = i * classIds.length
    let sum = 0
    let second = 0
    for (let c = 0; c < classIds.length; c++) {
      sum += probabilities[row + c]
      if (c !== best) second = Math.max(second, probabilities[row + c])
    }
    // Rows may not sum to 1 if classes are missing, so the entropy is that of the normalised row.
    let entropy = 0
    for (let c = 0; c < classIds.length; c++) {
      const p = probabilities[row + c] / (sum || 1)
      if (p > 0) entropy -= p * Math.log(p)
    }
    said.margin[i] = Math.round((255 * (probabilities[row + best] - second)) / probabilityUnit)
    said.entropy[i] = Math.round((255 * entropy) / most)
  }
  return said
}

/** Returns the predicted class id of nucleus i; `unclassified` if unpredicted. */
export function predictedClass(predictions: Predictions, i: number): number {
  const best = mostProbable(predictions, i)
  return best < 0 ? unclassified : predictions.classIds[best]
}

/** How the predicted classes of nuclei differ between two runs. */
export interface RunComparison {
  readonly same: number
  /** Number of nuclei that flip, by pair of classes, most frequent first. */
  readonly flips: readonly { readonly fromClass: number; readonly toClass: number; readonly count: number }[]
}

/** Compares two runs on the same nuclei in the same order: what changes if `to` is shown instead of `from`. */
export function compareRuns(from: Predictions, to: Predictions): RunComparison {
  const counts = new Map<number, number>()
  let same = 0
  for (let i = 0; i < from.known.length; i++) {
    const [a, b] = [predictedClass(from, i), predictedClass(to, i)]
    if (a === b) same++
    else counts.set(a * 65_536 + b, (counts.get(a * 65_536 + b) ?? 0) + 1)
  }
  const flips = [...counts]
    .map(([pair, count]) => ({ fromClass: Math.floor(pair / 65_536), toClass: pair % 65_536, count }))
    .sort((a, b) => b.count - a.count || a.fromClass - b.fromClass || a.toClass - b.toClass)
  return { same, flips }
}

/** Returns the positions of the nuclei that flip from one class to another, by falling probability under `to`. */
export function flippedPositions(from: Predictions, to: Predictions, fromClass: number, toClass: number): Uint32Array {
  const positions = Uint32Array.from(from.known.keys()).filter(
    (i) => predictedClass(from, i) === fromClass && predictedClass(to, i) === toClass,
  )
  const sureness = (i: number) => to.probabilities[i * to.classIds.length + mostProbable(to, i)] || 0
  return positions.sort((a, b) => sureness(b) - sureness(a) || a - b)
}

/**
 * Combines the shown runs of `count` nuclei: `base` for all, then, in order, each of `others` at the positions for
 * which it was accepted. The result has the classes of all of them.
 */
export function combineRuns(
  base: Predictions | undefined,
  others: readonly { readonly predictions: Predictions; readonly positions: ArrayLike<number> }[],
  count: number,
): Predictions | undefined {
  if (others.length === 0) return base
  const all = [...(base ? [base] : []), ...others.map((other) => other.predictions)]
  const classIds = [...new Set(all.flatMap((predictions) => predictions.classIds))]
  const spoken = {
    classIds,
    known: new Uint8Array(count),
    probabilities: new Uint16Array(count * classIds.length),
    certainFrom: new Uint16Array(count),
  }
  const take = (from: Predictions, i: number) => {
    spoken.known[i] = from.known[i]
    spoken.certainFrom[i] = from.certainFrom[i]
    spoken.probabilities.fill(0, i * classIds.length, (i + 1) * classIds.length)
    from.classIds.forEach((classId, c) => {
      const at = i * classIds.length + classIds.indexOf(classId)
      spoken.probabilities[at] = from.probabilities[i * from.classIds.length + c]
    })
  }
  if (base) for (let i = 0; i < count; i++) take(base, i)
  for (const { predictions, positions } of others)
    for (let k = 0; k < positions.length; k++) take(predictions, positions[k])
  return spoken
}

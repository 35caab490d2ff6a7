import { countCalls, noCounts, type NucleusCounts } from './counts.ts'

/** Scores of a classification of given nuclei (metric A of docs/method.md if these are the true nuclei). */
export interface ClassScore {
  readonly name: string
  /** null where the denominator is 0. */
  readonly precision: number | null
  readonly recall: number | null
  /** 2TP / (2TP + FP + FN) */
  readonly f1: number | null
  /** TP / (TP + FP + FN), the paper's per-class "Acc" */
  readonly jaccard: number | null
  readonly support: number
}
export interface ClassificationScore {
  readonly nuclei: number
  readonly accuracy: number
  /** F1 weighted by support (the paper's "All"). */
  readonly weightedF1: number
  /** Mean F1 of the classes that occur in truth or predictions. */
  readonly macroF1: number
  readonly classes: readonly ClassScore[]
  /** confusion[true][predicted] */
  readonly confusion: readonly (readonly number[])[]
  /** For each class, the true nuclei that were predicted to be none of the classes. */
  readonly calledNone: readonly number[]
}

/**
 * @param truth, predicted class indices of the same nuclei, 0 … names.length−1; predicted may be −1, none of the
 * classes
 */
export function classificationScore(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  names: readonly string[],
): ClassificationScore {
  const counts = noCounts(names.length)
  countCalls(counts, truth, predicted)
  return scoreOfCalls(counts, names)
}

/** Metrics A and B: scores of the predicted classes alone, ignoring missed and spurious nuclei. */
export function scoreOfCalls({ calls }: NucleusCounts, names: readonly string[]): ClassificationScore {
  const size = names.length
  const confusion = names.map((_, t) => Array.from(calls.subarray(t * (size + 1), t * (size + 1) + size)))
  const calledNone = names.map((_, t) => calls[t * (size + 1) + size])
  const ratio = (a: number, b: number) => (b === 0 ? null : a / b)
  const classes = names.map((name, c): ClassScore => {
    const tp = confusion[c][c]
    const support = confusion[c].reduce((a, b) => a + b, calledNone[c])
    const called = confusion.reduce((a, row) => a + row[c], 0)
    const [fp, fn] = [called - tp, support - tp]
    return {
      name,
      precision: ratio(tp, called),
      recall: ratio(tp, support),
      f1: ratio(2 * tp, 2 * tp + fp + fn),
      jaccard: ratio(tp, tp + fp + fn),
      support,
    }
  })
  const nuclei = calls.reduce((a, b) => a + b, 0)
  const scored = classes.filter((c) => c.f1 !== null)
  return {
    nuclei,
    accuracy: confusion.reduce((a, row, c) => a + row[c], 0) / nuclei,
    weightedF1: classes.reduce((a, c) => a + (c.f1 ?? 0) * c.support, 0) / nuclei,
    macroF1: scored.reduce((a, c) => a + c.f1!, 0) / scored.length,
    classes,
    confusion,
    calledNone,
  }
}

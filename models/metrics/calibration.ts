/** How far predicted probabilities are from the share of correct predictions. */
export interface Calibration {
  /** Σ_b n_b/n · |accuracy_b − confidence_b| over bins of the likeliest class's probability (Naeini et al. 2015). */
  readonly expectedCalibrationError: number
  /** Mean probability of the likeliest class minus the share of correct predictions; above 0: over-confident. */
  readonly overConfidence: number
  readonly bins: readonly { readonly nuclei: number; readonly confidence: number; readonly accuracy: number }[]
}

/** @param right 1 if nucleus i was classified correctly; @param confidence probability of its predicted class, 0 … 1 */
export function calibration(right: ArrayLike<number>, confidence: ArrayLike<number>, bins = 15): Calibration {
  const count = new Float64Array(bins)
  const sure = new Float64Array(bins)
  const correct = new Float64Array(bins)
  for (let i = 0; i < right.length; i++) {
    const bin = Math.min(bins - 1, Math.floor(confidence[i] * bins))
    count[bin]++
    sure[bin] += confidence[i]
    correct[bin] += right[i]
  }
  const sum = (a: Float64Array) => a.reduce((x, y) => x + y, 0)
  const gaps = count.map((_, b) => Math.abs(correct[b] - sure[b]))
  return {
    expectedCalibrationError: sum(gaps) / right.length,
    overConfidence: (sum(sure) - sum(correct)) / right.length,
    bins: Array.from(count.keys())
      .filter((b) => count[b] > 0)
      .map((b) => ({ nuclei: count[b], confidence: sure[b] / count[b], accuracy: correct[b] / count[b] })),
  }
}

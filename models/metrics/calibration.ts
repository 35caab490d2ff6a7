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

/** What is gained when the least certain nuclei are left undecided. */
export interface Abstention {
  /** Share of the nuclei that are left undecided. */
  readonly share: number
  /** Accuracy of the others; null if none are left. */
  readonly accuracy: number | null
}

/** Leaves the least certain `share` of the nuclei undecided. */
export function abstentionOfShare(right: ArrayLike<number>, confidence: ArrayLike<number>, share: number): Abstention {
  const order = Uint32Array.from({ length: right.length }, (_, i) => i).sort((a, b) => confidence[a] - confidence[b])
  return abstention(right, order.subarray(Math.floor(share * right.length)))
}

/** Leaves nuclei undecided whose likeliest class has a lower probability than `threshold`. */
export function abstentionBelow(
  right: ArrayLike<number>,
  confidence: ArrayLike<number>,
  threshold: number,
): Abstention {
  const all = Uint32Array.from({ length: right.length }, (_, i) => i)
  return abstention(
    right,
    all.filter((i) => confidence[i] >= threshold),
  )
}

function abstention(right: ArrayLike<number>, kept: Uint32Array): Abstention {
  const correct = kept.reduce((sum, i) => sum + right[i], 0)
  return { share: 1 - kept.length / right.length, accuracy: kept.length > 0 ? correct / kept.length : null }
}

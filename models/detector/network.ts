/** A small fully connected network: inputs → hidden (tanh) → one logit. Its numbers are the detector's only weights. */
export interface ScoreWeights {
  /** Mean and standard deviation of each input over the training candidates. */
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
  /** hidden × inputs, row by row. */
  readonly hidden: readonly number[]
  readonly hiddenBias: readonly number[]
  readonly out: readonly number[]
  readonly outBias: number
}

/** Probability-like score in 0…1 of each row of `rows` (rows × inputs). */
export function scoreRows(weights: ScoreWeights, rows: Float32Array): Float32Array {
  const inputs = weights.mean.length
  const units = weights.out.length
  const count = rows.length / inputs
  // Standardisation folded into the first layer.
  const w = new Float32Array(units * inputs)
  const b = Float64Array.from(weights.hiddenBias)
  for (let u = 0; u < units; u++)
    for (let i = 0; i < inputs; i++) {
      w[u * inputs + i] = weights.hidden[u * inputs + i] / weights.deviation[i]
      b[u] -= weights.mean[i] * w[u * inputs + i]
    }
  const scores = new Float32Array(count)
  for (let r = 0; r < count; r++) {
    const at = r * inputs
    let logit = weights.outBias
    for (let u = 0; u < units; u++) {
      let v = b[u]
      for (let i = 0, k = u * inputs; i < inputs; i++, k++) v += w[k] * rows[at + i]
      logit += weights.out[u] * Math.tanh(v)
    }
    scores[r] = 1 / (1 + Math.exp(-logit))
  }
  return scores
}

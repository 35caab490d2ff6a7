/** Multinomial logistic regression on standardised features: the simple classifier that a network must beat. */
export interface LogisticRegression {
  /** @returns the likeliest class of each row of features [n, width] */
  predict(features: Float64Array): Uint16Array
}

export interface LogisticOptions {
  readonly classes: number
  readonly steps?: number
  readonly rate?: number
  /** Ridge penalty ½·λ·‖w‖². */
  readonly penalty?: number
}

/**
 * Minimises mean cross-entropy + ridge by full-batch gradient descent with Nesterov's momentum. features [n, width],
 * labels [n].
 */
export function logisticRegression(
  features: Float64Array,
  labels: ArrayLike<number>,
  { classes, steps = 400, rate = 0.5, penalty = 1e-4 }: LogisticOptions,
): LogisticRegression {
  const n = labels.length
  const width = features.length / n
  const mean = new Float64Array(width)
  const deviation = new Float64Array(width)
  for (let i = 0; i < n; i++) for (let k = 0; k < width; k++) mean[k] += features[i * width + k] / n
  for (let i = 0; i < n; i++)
    for (let k = 0; k < width; k++) deviation[k] += (features[i * width + k] - mean[k]) ** 2 / n
  for (let k = 0; k < width; k++) deviation[k] = Math.sqrt(deviation[k]) || 1
  const standard = (rows: Float64Array) => rows.map((v, i) => (v - mean[i % width]) / deviation[i % width])
  const row = width + 1 // the last weight is the bias
  const weights = new Float64Array(classes * row)
  const velocity = new Float64Array(classes * row)
  const x = standard(features)
  const p = new Float64Array(classes)
  const gradient = new Float64Array(classes * row)
  for (let step = 0; step < steps; step++) {
    const ahead = weights.map((w, i) => w + 0.9 * velocity[i])
    gradient.fill(0)
    for (let i = 0; i < n; i++) {
      probabilities(ahead, x, i, width, p)
      for (let c = 0; c < classes; c++) {
        const error = (p[c] - (labels[i] === c ? 1 : 0)) / n
        for (let k = 0; k < width; k++) gradient[c * row + k] += error * x[i * width + k]
        gradient[c * row + width] += error
      }
    }
    for (let i = 0; i < weights.length; i++) {
      const ridge = i % row === width ? 0 : penalty * ahead[i]
      velocity[i] = 0.9 * velocity[i] - rate * (gradient[i] + ridge)
      weights[i] += velocity[i]
    }
  }
  return {
    predict(rows) {
      const z = standard(rows)
      return Uint16Array.from({ length: rows.length / width }, (_, i) => {
        probabilities(weights, z, i, width, p)
        return p.indexOf(Math.max(...p))
      })
    },
  }
}

function probabilities(weights: Float64Array, x: Float64Array, i: number, width: number, out: Float64Array): void {
  const row = width + 1
  let max = -Infinity
  for (let c = 0; c < out.length; c++) {
    let z = weights[c * row + width]
    for (let k = 0; k < width; k++) z += weights[c * row + k] * x[i * width + k]
    out[c] = z
    max = Math.max(max, z)
  }
  let total = 0
  for (let c = 0; c < out.length; c++) total += out[c] = Math.exp(out[c] - max)
  for (let c = 0; c < out.length; c++) out[c] /= total
}

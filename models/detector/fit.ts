import { random } from '../nn/random.ts'
import { adamWState, adamWStep } from '../train/adamW.ts'
import type { ScoreWeights } from './network.ts'

export interface FitOptions {
  readonly hidden: number
  readonly epochs: number
  readonly seed: number
}

const batch = 512
const learningRate = 3e-3

/**
 * Fits the scoring network to `targets` (0…1, one per row of `rows`) by cross-entropy with Adam (Kingma & Ba 2015) and a
 * cosine schedule. Same seed, same weights.
 */
export function fitScore(
  rows: Float32Array,
  targets: Float32Array,
  { hidden: units, epochs, seed }: FitOptions,
): ScoreWeights {
  const count = targets.length
  const inputs = rows.length / count
  const { below, normal } = random(seed)
  const { mean, deviation } = moments(rows, count, inputs)

  // One flat array: hidden, hidden biases, out, out bias.
  const biasAt = units * inputs
  const outAt = biasAt + units
  const size = outAt + units + 1
  const weights = new Float32Array(size)
  for (let k = 0; k < biasAt; k++) weights[k] = normal() / Math.sqrt(inputs)
  for (let u = 0; u < units; u++) weights[outAt + u] = (normal() * 0.3) / Math.sqrt(units)

  const gradient = new Float32Array(size)
  const state = adamWState(size)
  const groups = [{ offset: 0, size, rateScale: 1, decay: false }]
  const x = new Float64Array(inputs)
  const a = new Float64Array(units)
  const steps = Math.floor((epochs * count) / batch)
  for (let step = 1; step <= steps; step++) {
    gradient.fill(0)
    for (let n = 0; n < batch; n++) {
      const row = below(count)
      for (let i = 0; i < inputs; i++) x[i] = (rows[row * inputs + i] - mean[i]) / deviation[i]
      let logit = weights[size - 1]
      for (let u = 0; u < units; u++) {
        let v = weights[biasAt + u]
        for (let i = 0; i < inputs; i++) v += weights[u * inputs + i] * x[i]
        a[u] = Math.tanh(v)
        logit += weights[outAt + u] * a[u]
      }
      // d(cross-entropy)/d(logit) = σ(logit) − target
      const error = (1 / (1 + Math.exp(-logit)) - targets[row]) / batch
      gradient[size - 1] += error
      for (let u = 0; u < units; u++) {
        gradient[outAt + u] += error * a[u]
        const e = error * weights[outAt + u] * (1 - a[u] * a[u]) // tanh' = 1 − tanh²
        gradient[biasAt + u] += e
        for (let i = 0; i < inputs; i++) gradient[u * inputs + i] += e * x[i]
      }
    }
    const rate = (learningRate * (1 + Math.cos((Math.PI * step) / steps))) / 2
    adamWStep(weights, gradient, state, groups, rate)
  }
  return {
    mean: [...mean],
    deviation: [...deviation],
    hidden: [...weights.subarray(0, biasAt)],
    hiddenBias: [...weights.subarray(biasAt, outAt)],
    out: [...weights.subarray(outAt, size - 1)],
    outBias: weights[size - 1],
  }
}

function moments(rows: Float32Array, count: number, inputs: number) {
  const mean = new Float64Array(inputs)
  const deviation = new Float64Array(inputs)
  for (let k = 0; k < rows.length; k++) mean[k % inputs] += rows[k] / count
  for (let k = 0; k < rows.length; k++) deviation[k % inputs] += (rows[k] - mean[k % inputs]) ** 2 / count
  return { mean, deviation: deviation.map((v) => Math.sqrt(v) + 1e-6) }
}

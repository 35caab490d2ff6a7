import { targets } from '../../../models/train/loss.ts'
import { trainHead } from './head.ts'

/** Labelled nuclei of one slide. */
export interface LabelledRows {
  /** [n, width] */
  readonly rows: Float32Array
  readonly width: number
  /** [n] */
  readonly labels: Uint16Array
}

/** Returns the most probable class of each row [n, width]. */
export type LinearProbe = (rows: Float32Array) => Uint16Array

/** Far more steps than training needs to reach the optimum, which the prior keeps finite. */
const steps = 1000

/**
 * Trains one linear layer on standardised tokens. A prior in the form of data regularises it (Bedrick, Christensen and
 * Johnson 1996): on every axis, in both directions, there is an artificial nucleus that belongs equally to all classes,
 * at a distance equal to the length of a token. For small weights this is ridge regression, ½·penalty·Σ var_c(w),
 * whichever optimiser trains the head.
 * @param penalty total weight of the prior, relative to the total weight of the labels
 */
export async function linearProbe(
  known: readonly LabelledRows[],
  classes: number,
  penalty: number,
): Promise<LinearProbe> {
  const { width } = known[0]
  const labels = known.flatMap((slide) => [...slide.labels])
  const { mean, deviation } = momentsOf(known, width)
  const standard = (rows: Float32Array) => rows.map((v, i) => (v - mean[i % width]) / deviation[i % width])
  const prior = 2 * width
  const tokens = new Float32Array((labels.length + prior) * width)
  let at = 0
  for (const { rows } of known) {
    tokens.set(standard(rows), at)
    at += rows.length
  }
  for (let k = 0; k < prior; k++) tokens[at + k * width + (k >> 1)] = (k & 1 ? 1 : -1) * Math.sqrt(width)
  const wanted = new Float32Array((labels.length + prior) * classes).fill(penalty / prior / classes)
  wanted.set(targets(labels, labels.length, { classes }))
  const weight = new Float32Array(classes * width)
  const bias = new Float32Array(classes)
  await trainHead({ tokens, targets: wanted, width, classes, weight, bias, steps, rate: 0, untilConverged: true })
  return (rows) => {
    const x = standard(rows)
    return Uint16Array.from({ length: rows.length / width }, (_, i) => {
      let best = 0
      let most = -Infinity
      for (let c = 0; c < classes; c++) {
        let z = bias[c]
        for (let k = 0; k < width; k++) z += weight[c * width + k] * x[i * width + k]
        if (z > most) [best, most] = [c, z]
      }
      return best
    })
  }
}

function momentsOf(known: readonly LabelledRows[], width: number): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(width)
  const deviation = new Float64Array(width)
  const n = known.reduce((sum, { labels }) => sum + labels.length, 0)
  for (const { rows } of known) rows.forEach((v, i) => (mean[i % width] += v / n))
  for (const { rows } of known) rows.forEach((v, i) => (deviation[i % width] += (v - mean[i % width]) ** 2 / n))
  return { mean, deviation: deviation.map((v) => Math.sqrt(v) || 1) }
}

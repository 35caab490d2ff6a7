import { nearestNeighbours } from '../embedding/neighbours.ts'

export interface LabelledTokens {
  /** [n, width] */
  readonly tokens: Float32Array
  readonly width: number
  /** Class of each, as labelled; length n. */
  readonly labels: ArrayLike<number>
  /** Probabilities by a model that did not learn from this nucleus nor from others near it: [n, classes]. */
  readonly heldOut: Float32Array
  readonly classes: number
}

/** Number of neighbours that are asked. */
const asked = 10

/** How much speaks against each label. */
export interface Suspicion {
  /** 0 … 1: the mean of the two below. Length n. */
  readonly score: Float32Array
  /** 1 − the held-out probability of the labelled class. */
  readonly model: Float32Array
  /** Share of the nearest labelled neighbours in token space that have another label. */
  readonly neighbours: Float32Array
}

/**
 * Returns how much speaks against each label: half by the held-out model, half by the ten nearest labelled neighbours by
 * the cosine of standardised tokens. Northcutt et al. 2021 rank by the model alone; neighbours find more here (see
 * tests/engine/calls/suspects.test.ts for the figures). Yields the number of rows done.
 */
export function* suspicion({ tokens, width, labels, heldOut, classes }: LabelledTokens): Generator<number, Suspicion> {
  const n = labels.length
  const rows = unitRows(tokens, width)
  const { index, k } = yield* nearestNeighbours(rows, rows, width, asked, true)
  const model = Float32Array.from({ length: n }, (_, i) => 1 - heldOut[i * classes + labels[i]])
  const neighbours = Float32Array.from({ length: n }, (_, i) => {
    let others = 0
    for (let c = 0; c < k; c++) if (labels[index[i * k + c]] !== labels[i]) others++
    return k > 0 ? others / k : 0
  })
  const score = model.map((m, i) => (m + neighbours[i]) / 2)
  return { score, model, neighbours }
}

/** Standardises columns, then scales rows to length 1: their distances then order as their cosines do. */
function unitRows(tokens: Float32Array, width: number): Float32Array {
  const n = tokens.length / width
  const mean = new Float64Array(width)
  const variance = new Float64Array(width)
  for (let i = 0; i < tokens.length; i++) mean[i % width] += tokens[i] / n
  for (let i = 0; i < tokens.length; i++) variance[i % width] += (tokens[i] - mean[i % width]) ** 2 / n
  const rows = new Float32Array(tokens.length)
  for (let i = 0; i < n; i++) {
    let square = 0
    for (let c = 0; c < width; c++) {
      const v = (tokens[i * width + c] - mean[c]) / (Math.sqrt(variance[c]) || 1)
      rows[i * width + c] = v
      square += v * v
    }
    const length = Math.sqrt(square) || 1
    for (let c = 0; c < width; c++) rows[i * width + c] /= length
  }
  return rows
}

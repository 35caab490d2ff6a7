import { random } from '../nn/random.ts'
import type { Range } from './intervals.ts'

/**
 * What a model trained on growing numbers of labels says of labelled nuclei that it did not learn from: nuclei of true
 * class t predicted as p, for each size of the training, each repeat with other labels, and each block of tissue.
 */
export interface CurveCounts {
  /** Numbers of labels learned from, ascending. */
  readonly sizes: readonly number[]
  readonly repeats: number
  readonly blocks: number
  readonly classes: number
  /** [sizes, repeats, blocks, classes (true), classes (predicted)] */
  readonly counts: ArrayLike<number>
}

/** A score now and after more labels, with the ranges that contain them in 90 % of cases. */
export interface Forecast {
  readonly now: number
  readonly then: Range & { readonly mean: number }
  readonly gain: Range & { readonly mean: number }
}

/** Share of the cases in which the range contains what comes. */
export const forecastLevel = 0.9
const draws = 400
/** Exponents c of the curves score = a − b·n^(−c) that are tried; 0 stands for score = a + b·log n. */
const exponents = [0, 0.25, 0.5, 1] as const
/** Fewest held-out labels of a class, and in how many blocks, from which its score is forecast. */
const fewestOfClass = 15
const fewestBlocks = 3
const fewestSizes = 3
/** A forecast whose gain or score has a wider range than this says nothing. */
const widest = { gain: 0.25, score: 0.5 } as const

type Score = (confusion: Float64Array, classes: number) => number

/** Share of right predictions. */
export const accuracyOf: Score = (confusion, classes) => {
  let [right, all] = [0, 0]
  for (let t = 0; t < classes; t++)
    for (let p = 0; p < classes; p++) {
      all += confusion[t * classes + p]
      if (t === p) right += confusion[t * classes + p]
    }
  return all > 0 ? right / all : NaN
}

/** F1 of one class: 2TP / (2TP + FP + FN). */
export const f1Of =
  (c: number): Score =>
  (confusion, classes) => {
    let [called, truth] = [0, 0]
    for (let k = 0; k < classes; k++) {
      called += confusion[k * classes + c]
      truth += confusion[c * classes + k]
    }
    return called + truth > 0 ? (2 * confusion[c * classes + c]) / (called + truth) : NaN
  }

/**
 * Forecasts a score after `more` labels beyond the `labels` given so far. The curve score = a − b·n^(−c) is fitted by
 * least squares, c among `exponents`; the bootstrap draws blocks and repeats with replacement, so that nuclei of one
 * region stay together, and fits each draw anew. What a single training adds is the spread of the repeats. Returns null
 * where the curve is not known: too few sizes, blocks or labels of the class, or a range too wide to say anything.
 *
 * Of 12 readers simulated on CoNSeP's validation tiles with the built-in model (120 labels in three tiles, judged on the
 * tiles' other nuclei), the accuracy after 50 more labels and its gain lay in their ranges for all 12, and so did the gain
 * in a class's F1 in the 24 cases in which it was forecast.
 */
export function forecast(
  curve: CurveCounts,
  score: Score,
  { labels, more, ofClass }: { readonly labels: number; readonly more: number; readonly ofClass?: number },
  seed = 1,
): Forecast | null {
  const { sizes, repeats, blocks } = curve
  if (sizes.length < fewestSizes || blocks < fewestBlocks || !hasEnough(curve, ofClass)) return null
  const all = Array.from({ length: blocks }, (_, b) => b)
  const every = Array.from({ length: repeats }, (_, r) => r)
  const measured = scoresOf(curve, score, all, every)
  const central = fit(sizes, measured)
  if (!central) return null
  const rng = random(seed)
  const drawn: { then: number; gain: number }[] = []
  // A spread below half a label is an accident of few labels, not certainty.
  const noise = Math.max(spreadOfRepeats(curve, score), 0.5 / labels)
  for (let d = 0; d < draws; d++) {
    const fitted = fit(
      sizes,
      scoresOf(
        curve,
        score,
        all.map(() => rng.below(blocks)),
        every.map(() => rng.below(repeats)),
      ),
    )
    if (!fitted) continue
    const [now, then] = [fitted(labels), fitted(labels + more)]
    const single = noise * rng.normal()
    drawn.push({ then: then + single, gain: then - now + single })
  }
  if (drawn.length < draws / 2) return null
  // With B blocks, bootstrap draws vary too little by the factor √((B − 1) / B), and the spread itself is uncertain: the
  // quantile of Student's t with B − 1 degrees of freedom over that of the normal distribution is about 1 + 1.1 / (B − 1.5).
  const widen = Math.sqrt(blocks / (blocks - 1)) * (1 + 1.1 / (blocks - 1.5))
  const now = central(labels)
  const range = (mean: number, of: (one: { then: number; gain: number }) => number, limits: Range) => {
    const sorted = Float64Array.from(drawn, of).sort()
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]
    const clip = (v: number) => Math.min(limits.high, Math.max(limits.low, v))
    const tail = (1 - forecastLevel) / 2
    return {
      mean: clip(mean),
      low: clip(mean + widen * (at(tail) - mean)),
      high: clip(mean + widen * (at(1 - tail) - mean)),
    }
  }
  const then = range(central(labels + more), (one) => one.then, { low: 0, high: 1 })
  const gain = range(central(labels + more) - now, (one) => one.gain, { low: -1, high: 1 })
  if (gain.high - gain.low > widest.gain || then.high - then.low > widest.score) return null
  if (![now, then.mean, gain.mean].every(Number.isFinite)) return null
  return { now: Math.min(1, Math.max(0, now)), then, gain }
}

function hasEnough({ counts, sizes, repeats, blocks, classes }: CurveCounts, ofClass: number | undefined): boolean {
  if (ofClass === undefined) return true
  const cell = classes * classes
  let [held, inBlocks] = [0, 0]
  const last = (sizes.length - 1) * repeats * blocks * cell
  for (let b = 0; b < blocks; b++) {
    let own = 0
    for (let p = 0; p < classes; p++) own += counts[last + b * cell + ofClass * classes + p]
    held += own
    if (own > 0) inBlocks++
  }
  return held >= fewestOfClass && inBlocks >= fewestBlocks
}

/** The score at each size, from the summed counts of some blocks and repeats. */
function scoresOf(
  { sizes, repeats, blocks, classes, counts }: CurveCounts,
  score: Score,
  someBlocks: readonly number[],
  someRepeats: readonly number[],
): number[] {
  const cell = classes * classes
  return sizes.map((_, s) => {
    const sum = new Float64Array(cell)
    for (const r of someRepeats)
      for (const b of someBlocks) {
        const at = ((s * repeats + r) * blocks + b) * cell
        for (let k = 0; k < cell; k++) sum[k] += counts[at + k]
      }
    return score(sum, classes)
  })
}

/** Standard deviation of the score between repeats at the larger sizes: what one training differs from the next. */
function spreadOfRepeats(curve: CurveCounts, score: Score): number {
  const { repeats, blocks, sizes } = curve
  if (repeats < 2) return 0
  const all = Array.from({ length: blocks }, (_, b) => b)
  const byRepeat = Array.from({ length: repeats }, (_, r) => scoresOf(curve, score, all, [r]))
  // At the largest size all repeats learn from nearly the same labels, so the size before counts.
  const at = Math.max(0, sizes.length - 2)
  const scores = byRepeat.map((one) => one[at]).filter(Number.isFinite)
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length
  return Math.sqrt(scores.reduce((a, v) => a + (v - mean) ** 2, 0) / Math.max(1, scores.length - 1))
}

/** Fits score = a − b·g(n) with the exponent of least error; sizes weigh by their number of labels. */
function fit(sizes: readonly number[], scores: readonly number[]): ((n: number) => number) | null {
  const known = sizes.flatMap((n, k) => (Number.isFinite(scores[k]) ? [{ n, y: scores[k] }] : []))
  if (known.length < fewestSizes) return null
  let best: { error: number; at: (n: number) => number } | null = null
  for (const c of exponents) {
    const g = (n: number) => (c === 0 ? Math.log(n) : -(n ** -c))
    const weights = known.map(({ n }) => Math.sqrt(n))
    const sum = (of: (k: number) => number) => known.reduce((total, _, k) => total + weights[k] * of(k), 0)
    const total = sum(() => 1)
    const [x, y] = [sum((k) => g(known[k].n)) / total, sum((k) => known[k].y) / total]
    const xx = sum((k) => (g(known[k].n) - x) ** 2)
    if (xx === 0) continue
    const slope = sum((k) => (g(known[k].n) - x) * (known[k].y - y)) / xx
    const at = (n: number) => y + slope * (g(n) - x)
    const error = sum((k) => (known[k].y - at(known[k].n)) ** 2)
    if (!best || error < best.error) best = { error, at }
  }
  return best?.at ?? null
}

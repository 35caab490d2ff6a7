import { random } from '../nn/random.ts'
import { drawDirichlet } from './dirichlet.ts'
import { credibleRange, wilson, type Range } from './intervals.ts'
import { accuracyOf, f1Of } from './learningCurve.ts'

/** What a model, and the one it was trained from, say of labelled nuclei that neither has learned from. */
export interface HeldOutCalls {
  readonly classes: number
  /** Class by the person, [n]. */
  readonly label: ArrayLike<number>
  /** Class by the model before training, [n]; null: there was none. */
  readonly before: ArrayLike<number> | null
  /** Class by the trained model, [n]. */
  readonly after: ArrayLike<number>
  /** Block of tissue of each, numbered from 0 without gaps, [n]. */
  readonly block: ArrayLike<number>
}

/** A score with its 95 % interval. */
export type Scored = Range & { readonly mean: number }

export interface ModelScore {
  /** [classes (person), classes (model)] */
  readonly confusion: readonly number[]
  /** Share of the labels that the model agrees with; null: too few labels to say. */
  readonly accuracy: Scored | null
  /** F1 of each class; null: too few labels of it to say. */
  readonly f1: readonly (Scored | null)[]
}

export interface HeldOutScore {
  readonly labels: number
  readonly blocks: number
  readonly before: ModelScore | null
  readonly after: ModelScore
  /** Gain in accuracy by the training; null: too few labels to say. */
  readonly gain: Scored | null
}

/** Fewest labels, and fewest of a class, below which no score is given. */
export const fewestHeldOut = 20
export const fewestHeldOutOfClass = 10
/** Fewest blocks of tissue: with fewer, nothing is known about how tissue differs. */
const fewestBlocks = 3
const draws = 1000

/**
 * Scores a model by labels that it has not learned from, with 95 % intervals. An interval is the wider, at each end, of
 * two: the bootstrap over blocks of tissue, which keeps neighbours together, and the one for independent nuclei (Wilson's
 * for a share, a Dirichlet posterior with a prior of ½ for F1 and for the gain), without which a score of few labels that
 * happen to be all right would seem certain. F1 of a class counts what is called it wrongly as well as what is missed.
 */
export function heldOutScore(calls: HeldOutCalls, seed = 1): HeldOutScore {
  const { classes, label, before, after, block } = calls
  const labels = label.length
  const blocks = Array.from(block).reduce((last, b) => Math.max(last, b + 1), 0)
  const rng = random(seed)
  const isEnough = labels >= fewestHeldOut && blocks >= fewestBlocks
  const chosen = Array.from({ length: isEnough ? draws : 0 }, () =>
    Array.from({ length: blocks }, () => rng.below(blocks)),
  )
  const ofClass = new Uint32Array(classes)
  for (let i = 0; i < labels; i++) ofClass[label[i]]++

  const scoreOf = (called: ArrayLike<number>): ModelScore => {
    const cell = classes ** 2
    const byBlock = new Float64Array(blocks * cell)
    const confusion = new Float64Array(cell)
    for (let i = 0; i < labels; i++) {
      const at = label[i] * classes + called[i]
      confusion[at]++
      byBlock[block[i] * cell + at]++
    }
    const bootstrapped = (score: (confusion: Float64Array, classes: number) => number): Float64Array =>
      Float64Array.from(
        chosen.flatMap((some) => {
          const sum = new Float64Array(cell)
          for (const b of some) for (let k = 0; k < cell; k++) sum[k] += byBlock[b * cell + k]
          const value = score(sum, classes)
          return Number.isFinite(value) ? [value] : []
        }),
      )
    const right = Math.round(accuracyOf(confusion, classes) * labels)
    return {
      confusion: [...confusion],
      accuracy: isEnough
        ? wider(accuracyOf(confusion, classes), bootstrapped(accuracyOf), wilson(right, labels), blocks, [0, 1])
        : null,
      f1: Array.from({ length: classes }, (_, c) => {
        if (!isEnough || ofClass[c] < fewestHeldOutOfClass) return null
        const both = confusion[c * classes + c]
        const called = Array.from({ length: classes }, (_, t) => confusion[t * classes + c]).reduce((a, b) => a + b)
        const posterior = Float64Array.from({ length: draws }, () => {
          const [tp, fp, fn] = drawDirichlet([both + 0.5, called - both + 0.5, ofClass[c] - both + 0.5], rng)
          return (2 * tp) / (2 * tp + fp + fn)
        })
        return wider(f1Of(c)(confusion, classes), bootstrapped(f1Of(c)), credibleRange(posterior), blocks, [0, 1])
      }),
    }
  }

  const gain = (): Scored | null => {
    if (!isEnough || !before) return null
    const better = new Float64Array(blocks)
    const size = new Float64Array(blocks)
    let [won, lost] = [0, 0]
    for (let i = 0; i < labels; i++) {
      const change = Number(after[i] === label[i]) - Number(before[i] === label[i])
      better[block[i]] += change
      size[block[i]]++
      if (change > 0) won++
      if (change < 0) lost++
    }
    const drawn = Float64Array.from(chosen, (some) => {
      const n = some.reduce((sum, b) => sum + size[b], 0)
      return some.reduce((sum, b) => sum + better[b], 0) / n
    })
    const posterior = Float64Array.from({ length: draws }, () => {
      const [w, l] = drawDirichlet([won + 0.5, lost + 0.5, labels - won - lost + 0.5], rng)
      return w - l
    })
    return wider((won - lost) / labels, drawn, credibleRange(posterior), blocks, [-1, 1])
  }
  return { labels, blocks, before: before && scoreOf(before), after: scoreOf(after), gain: gain() }
}

/**
 * Joins the interval of bootstrap draws with another. With B blocks such draws vary too little by √((B − 1) / B), and their
 * spread is itself uncertain: Student's quantile with B − 1 degrees of freedom over the normal one is about 1 + 1.4 / (B − 1.5)
 * at this level. Their percentiles are widened around the score by both.
 */
function wider(
  mean: number,
  drawn: Float64Array,
  other: Range,
  blocks: number,
  limits: readonly [number, number],
): Scored {
  const widen = Math.sqrt(blocks / (blocks - 1)) * (1 + 1.4 / (blocks - 1.5))
  const range = drawn.length > 0 ? credibleRange(drawn) : other
  const clip = (v: number) => Math.min(limits[1], Math.max(limits[0], v))
  return {
    mean,
    low: clip(Math.min(other.low, mean + widen * (range.low - mean))),
    high: clip(Math.max(other.high, mean + widen * (range.high - mean))),
  }
}

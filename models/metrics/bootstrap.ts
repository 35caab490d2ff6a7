import { random } from '../nn/random.ts'

/** How far a score may be off because of the choice of images. */
export interface Interval {
  readonly low: number
  readonly high: number
  /** Share of the resamples that lies between low and high. */
  readonly level: number
  readonly resamples: number
}

const level = 0.95
const resamples = 2000

/**
 * Percentile bootstrap (Efron 1979) over units that belong together, such as the nuclei of one image: draws units with
 * replacement and recomputes the score. Undefined for fewer than two units, which say nothing about the spread.
 * @param score the score of the units at the given positions, repeats included
 */
export function bootstrap(units: number, score: (drawn: Uint32Array) => number, seed = 1): Interval | undefined {
  if (units < 2) return undefined
  const rng = random(seed)
  const scores = Float64Array.from({ length: resamples }, () =>
    score(Uint32Array.from({ length: units }, () => rng.below(units))),
  ).sort()
  const at = (share: number) => scores[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))]
  return { low: at((1 - level) / 2), high: at((1 + level) / 2), level, resamples }
}

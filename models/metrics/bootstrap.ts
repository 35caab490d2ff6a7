import { random } from '../nn/random.ts'

/** A score and how far it may be off because of which images were looked at. */
export interface Interval {
  readonly low: number
  readonly high: number
  /** Share of the resamples that lies between. */
  readonly level: number
  readonly resamples: number
}

const level = 0.95
const resamples = 2000

/**
 * Percentile bootstrap (Efron 1979) over units that belong together, such as the nuclei of one image: units are drawn with
 * replacement and the score is computed anew. Undefined for fewer than two units, from which nothing about spread follows.
 * @param score of the units at these positions, repeats included
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

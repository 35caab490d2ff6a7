import { bootstrap, type Interval } from './bootstrap.ts'
import { totalCounts, type NucleusCounts } from './counts.ts'

/** Named numbers of a score; null where undefined (a class that does not occur). */
export type Numbers = Readonly<Record<string, number | null>>
/** null where there is no interval: for a single image, or a class that is absent from too many draws. */
export type Intervals = Readonly<Record<string, Interval | null>>

/**
 * Returns bootstrap intervals of every number of a score. Draws images, because nuclei of one image resemble each
 * other; the score is that of the drawn images' summed counts.
 */
export const scoreIntervals = (
  images: readonly NucleusCounts[],
  score: (total: NucleusCounts) => Numbers,
  seed = 1,
): Intervals => intervals(images.length, (drawn) => score(totalCounts(images, drawn)), seed)

/** Returns bootstrap intervals of the differences a − b of two systems on the same images, scored on the same draws. */
export const differenceIntervals = (
  a: readonly NucleusCounts[],
  b: readonly NucleusCounts[],
  score: (total: NucleusCounts) => Numbers,
  seed = 1,
): Intervals =>
  intervals(a.length, (drawn) => difference(score(totalCounts(a, drawn)), score(totalCounts(b, drawn))), seed)

/** Returns a − b; null where a or b is null. */
export const difference = (a: Numbers, b: Numbers): Numbers =>
  Object.fromEntries(Object.entries(a).map(([name, v]) => [name, v === null || b[name] === null ? null : v - b[name]]))

function intervals(images: number, score: (drawn: Uint32Array) => Numbers, seed: number): Intervals {
  // One seed draws the same images for every number, so each draw is scored only once.
  const draws: Numbers[] = []
  const names = Object.keys(score(Uint32Array.from({ length: images }, (_, i) => i)))
  return Object.fromEntries(
    names.map((name) => {
      let draw = 0
      const interval = bootstrap(images, (drawn) => (draws[draw++] ??= score(drawn))[name] ?? NaN, seed)
      // NaN sorts to the end.
      return [name, interval && Number.isFinite(interval.high) ? interval : null]
    }),
  )
}

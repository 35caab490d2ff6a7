import { expect, test } from 'vitest'
import { random } from '../../../models/nn/random.ts'
import { kappaOf, kappaRange } from '../../../models/statistics/kappaRange.ts'

/** Readers who label twice: the shares of the pairs of classes, [k, k]. */
const readers: readonly (readonly [name: string, k: number, shares: readonly number[]])[] = [
  ['nearly always agrees', 3, [0.5, 0.01, 0.01, 0.01, 0.3, 0.01, 0.01, 0.01, 0.14]],
  ['often differs', 3, [0.35, 0.08, 0.04, 0.08, 0.2, 0.04, 0.04, 0.04, 0.13]],
  ['has two classes, one rare', 2, [0.85, 0.03, 0.02, 0.1]],
]

test.each(readers)(
  'the range of κ covers the truth in 90–99 % of 300 simulated readers who see 40 nuclei again: who %s',
  (_, k, shares) => {
    const rng = random(4)
    const truth = kappaOf(Float64Array.from(shares), k)
    const runs = 300
    let covered = 0
    for (let run = 0; run < runs; run++) {
      const pairs = Array.from({ length: 40 }, () => {
        let u = rng.next()
        return Math.max(
          0,
          shares.findIndex((share) => (u -= share) < 0),
        )
      })
      const range = kappaRange(
        pairs.map((pair) => Math.floor(pair / k)),
        pairs.map((pair) => pair % k),
        run,
        1000,
      )
      if (range && range.low <= truth && truth <= range.high) covered++
    }
    expect(covered / runs).toBeGreaterThanOrEqual(0.9)
    expect(covered / runs).toBeLessThanOrEqual(0.99)
  },
  60_000,
)

test('κ is Cohen’s, and twelve nuclei without a difference are no certain κ of 1', () => {
  const first = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]
  const range = kappaRange(first, first)
  expect(range?.kappa).toBe(1)
  expect(range?.high).toBeGreaterThan(0.99)
  expect(range?.low).toBeLessThan(0.9)
  expect(range?.low).toBeGreaterThan(0.5)
  // Cohen by hand: 10 of 12 agree, expected .5.
  const second = [1, 1, 1, 1, 1, 2, 1, 2, 2, 2, 2, 2]
  expect(kappaRange(first, second)?.kappa).toBeCloseTo((10 / 12 - 0.5) / 0.5, 12)
})

test('κ of a single class says nothing', () => {
  expect(kappaRange([1, 1, 1], [1, 1, 1])).toBeNull()
  expect(kappaRange([], [])).toBeNull()
})

import { expect, test } from 'vitest'
import { random, type Random } from '../../../models/nn/random.ts'
import { correctedFractions } from '../../../models/statistics/classFractions.ts'
import { drawDirichlet, drawGamma } from '../../../models/statistics/dirichlet.ts'
import { credibleRange, wilson } from '../../../models/statistics/intervals.ts'

/** True fractions of the classes, and confusion[c][p]: the chance that a nucleus of class c is shown as p. */
interface World {
  readonly truth: readonly number[]
  readonly confusion: readonly (readonly number[])[]
}

const worlds: Readonly<Record<string, World>> = {
  'four classes, a good model': {
    truth: [0.5, 0.3, 0.15, 0.05],
    confusion: [
      [0.92, 0.04, 0.03, 0.01],
      [0.05, 0.9, 0.03, 0.02],
      [0.1, 0.05, 0.8, 0.05],
      [0.1, 0.1, 0.1, 0.7],
    ],
  },
  'a class of 1 %': {
    truth: [0.69, 0.2, 0.1, 0.01],
    confusion: [
      [0.95, 0.03, 0.015, 0.005],
      [0.06, 0.9, 0.03, 0.01],
      [0.05, 0.05, 0.89, 0.01],
      [0.1, 0.1, 0.1, 0.7],
    ],
  },
  'a class of .2 % that the model shows ten times too often': {
    truth: [0.698, 0.2, 0.1, 0.002],
    confusion: [
      [0.95, 0.03, 0, 0.02],
      [0.06, 0.9, 0.03, 0.01],
      [0.05, 0.05, 0.89, 0.01],
      [0.1, 0.1, 0.1, 0.7],
    ],
  },
  'six classes, half of the nuclei wrong': {
    truth: [0.3, 0.25, 0.2, 0.15, 0.07, 0.03],
    confusion: [0, 1, 2, 3, 4, 5].map((c) => [0, 1, 2, 3, 4, 5].map((p) => (c === p ? 0.5 : 0.1))),
  },
  'two classes, one of 2 %': {
    truth: [0.98, 0.02],
    confusion: [
      [0.97, 0.03],
      [0.2, 0.8],
    ],
  },
}

/** Audits `nuclei` nuclei of a world, drawn at random. */
function audit({ truth, confusion }: World, nuclei: number, rng: Random) {
  const audited = confusion.map(() => truth.map(() => 0))
  const pick = (chances: readonly number[]) => {
    let u = rng.next()
    return Math.max(
      0,
      chances.findIndex((chance) => (u -= chance) < 0),
    )
  }
  for (let k = 0; k < nuclei; k++) {
    const c = pick(truth)
    audited[pick(confusion[c])][c]++
  }
  return audited
}

const audits = 240
test.each(Object.entries(worlds))(
  'intervals of corrected fractions cover the truth in 90–99 % of 240 audits of 60 nuclei: %s',
  (_, world) => {
    const rng = random(1)
    const shown = world.truth.map((_, p) => world.truth.reduce((sum, t, c) => sum + t * world.confusion[c][p], 0))
    const covered = world.truth.map(() => 0)
    for (let k = 0; k < audits; k++) {
      const fractions = correctedFractions({ shown, audited: audit(world, 60, rng) }, k, 600)
      fractions.forEach(({ low, high }, c) => (covered[c] += low <= world.truth[c] && world.truth[c] <= high ? 1 : 0))
    }
    const rates = covered.map((n) => n / audits)
    const mean = rates.reduce((a, b) => a + b, 0) / rates.length
    expect(mean, rates.join(' ')).toBeGreaterThanOrEqual(0.9)
    expect(mean, rates.join(' ')).toBeLessThanOrEqual(0.99)
    // No class pays for the others: each interval holds what it promises.
    expect(Math.min(...rates), rates.join(' ')).toBeGreaterThanOrEqual(0.9)
  },
  60_000,
)

test('a bias that the audit shows is taken out of the raw fractions', () => {
  // Half of what is shown as class 1 is class 0. Raw: .50, .50; true: .75, .25.
  const [first, second] = correctedFractions({
    shown: [5000, 5000],
    audited: [
      [300, 0],
      [150, 150],
    ],
  })
  expect(first.mean).toBeCloseTo(0.75, 2)
  expect(second.mean).toBeCloseTo(0.25, 2)
  expect(first.low).toBeGreaterThan(0.7)
  expect(first.high).toBeLessThan(0.8)
})

test('the mean is the posterior mean computed by hand, and fractions add up to 1', () => {
  // Shares .8 and .2; posteriors (9 + .5, 1 + .5) and (0 + .5, 3 + .5).
  const fractions = correctedFractions({
    shown: [80, 20],
    audited: [
      [9, 1],
      [0, 3],
    ],
  })
  expect(fractions[0].mean).toBeCloseTo((0.8 * 9.5) / 11 + (0.2 * 0.5) / 4, 12)
  expect(fractions.reduce((sum, { mean }) => sum + mean, 0)).toBeCloseTo(1, 12)
})

test('a class that nobody saw has an interval from 0 on, not a certain 0', () => {
  const [, unseen] = correctedFractions({
    shown: [1000, 0],
    audited: [
      [60, 0],
      [0, 0],
    ],
  })
  expect(unseen.low).toBeLessThan(1e-6)
  expect(unseen.high).toBeGreaterThan(0.01)
  expect(unseen.high).toBeLessThan(0.1)
})

test('the same audit gives the same interval', () => {
  const counts = {
    shown: [3, 7],
    audited: [
      [5, 1],
      [2, 9],
    ],
  }
  expect(correctedFractions(counts)).toEqual(correctedFractions(counts))
})

test('draws of gamma and Dirichlet have the means and variances of their distributions', () => {
  const rng = random(3)
  for (const shape of [0.25, 1, 7.5]) {
    const drawn = Float64Array.from({ length: 20_000 }, () => drawGamma(shape, rng))
    const mean = drawn.reduce((a, b) => a + b, 0) / drawn.length
    const variance = drawn.reduce((a, x) => a + (x - mean) ** 2, 0) / drawn.length
    expect(Math.abs(mean / shape - 1)).toBeLessThan(0.05)
    expect(Math.abs(variance / shape - 1)).toBeLessThan(0.1)
  }
  const sums = [0, 0, 0]
  for (let k = 0; k < 5000; k++) drawDirichlet([1, 2, 5], rng).forEach((f, c) => (sums[c] += f / 5000))
  sums.forEach((mean, c) => expect(mean).toBeCloseTo([1, 2, 5][c] / 8, 1.7))
})

test('the range of draws that pile up at 0 reaches 0, and that of symmetrical draws has equal tails', () => {
  const piled = credibleRange(Float64Array.from({ length: 1001 }, (_, i) => (i / 1000) ** 3))
  expect(piled.low).toBe(0)
  expect(piled.high).toBeCloseTo(0.975 ** 3, 2)
  const even = credibleRange(Float64Array.from({ length: 1001 }, (_, i) => i / 1000))
  expect(even.high).toBeGreaterThanOrEqual(0.95)
  expect(credibleRange(Float64Array.of(4))).toEqual({ low: 4, high: 4 })
})

test('Wilson’s interval is that of the literature', () => {
  // 0 of 10 and 5 of 10, as in Agresti and Coull (1998).
  expect(wilson(0, 10)).toMatchObject({ low: 0, high: expect.closeTo(0.278, 3) as number })
  expect(wilson(5, 10).low).toBeCloseTo(0.237, 3)
  expect(wilson(5, 10).high).toBeCloseTo(0.763, 3)
  expect(wilson(10, 10).high).toBe(1)
})

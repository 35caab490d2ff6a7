import { expect, it } from 'vitest'
import { random } from '../../../models/nn/random.ts'
import { drawGamma } from '../../../models/statistics/dirichlet.ts'
import { fewestHeldOut, fewestHeldOutOfClass, heldOutScore } from '../../../models/statistics/heldOutScore.ts'

/** Labels of two classes in blocks; `right` says how likely a call is right in a block. */
function simulated(seed: number, n: number, blocks: number, right: () => number, rightBefore = right) {
  const rng = random(seed)
  const of = Array.from({ length: blocks }, () => ({ after: right(), before: rightBefore() }))
  const block = Uint32Array.from({ length: n }, (_, i) => i % blocks)
  const label = Uint16Array.from({ length: n }, () => rng.below(2))
  const called = (what: 'before' | 'after') =>
    Uint16Array.from(label, (l, i) => (rng.next() < of[block[i]][what] ? l : 1 - l))
  return { classes: 2, label, before: called('before'), after: called('after'), block }
}

it('a score of held-out labels is the share that is right, with the confusion that it comes from', () => {
  const label = Uint16Array.from({ length: 40 }, (_, i) => i % 2)
  const after = label.map((l, i) => (i < 4 ? 1 - l : l))
  const block = label.map((_, i) => i % 4)
  const { labels, blocks, after: score, before, gain } = heldOutScore({ classes: 2, label, before: null, after, block })
  expect([labels, blocks, before, gain]).toEqual([40, 4, null, null])
  expect(score.confusion).toEqual([18, 2, 2, 18])
  expect(score.accuracy?.mean).toBeCloseTo(0.9)
  expect(score.f1[0]?.mean).toBeCloseTo(0.9)
  expect(score.accuracy!.low).toBeLessThan(0.9)
  expect(score.accuracy!.high).toBeGreaterThan(0.9)
})

it('with too few labels, of a class or at all, there is no score', () => {
  const some = simulated(1, fewestHeldOut - 1, 4, () => 0.8)
  expect(heldOutScore(some).after).toMatchObject({ accuracy: null, f1: [null, null] })
  const label = Uint16Array.from({ length: 60 }, (_, i) => (i < fewestHeldOutOfClass - 1 ? 1 : 0))
  const rare = heldOutScore({ classes: 2, label, before: label, after: label, block: label.map((_, i) => i % 6) })
  expect(rare.after.f1[0]).not.toBeNull()
  expect(rare.after.f1[1]).toBeNull()
})

it('labels of one place tell nothing about others: no score', () => {
  const one = simulated(1, 100, 2, () => 0.8)
  expect(heldOutScore(one).after.accuracy).toBeNull()
})

it('a score without an error is not certain', () => {
  const label = Uint16Array.from({ length: 30 }, (_, i) => i % 2)
  const all = heldOutScore({ classes: 2, label, before: label, after: label, block: label.map((_, i) => i % 5) })
  expect(all.after.accuracy).toMatchObject({ mean: 1, high: 1 })
  expect(all.after.accuracy!.low).toBeLessThan(0.9)
  expect(all.gain!.low).toBeLessThan(0)
})

it('intervals cover the truth in 90 to 99 % of simulated trainings, also where tissue differs from place to place', () => {
  const truth = 0.8
  // Beta(a, b) with mean .8 and a spread of .1 between places: nuclei of one place resemble each other.
  const [a, b] = [12, 3]
  let covered = { accuracy: 0, gain: 0, f1: 0 }
  const runs = 200
  for (let seed = 1; seed <= runs; seed++) {
    const rng = random(1e6 + seed)
    const beta = (scale: number) => {
      const x = drawGamma(a * scale, rng)
      return x / (x + drawGamma(b * scale, rng))
    }
    const { after, gain } = heldOutScore(
      simulated(
        seed,
        80,
        8,
        () => beta(1),
        () => beta(1),
      ),
      seed,
    )
    const holds = ({ low, high }: { low: number; high: number }, value: number) => Number(low <= value && value <= high)
    covered = {
      accuracy: covered.accuracy + holds(after.accuracy!, truth),
      gain: covered.gain + holds(gain!, 0),
      // Both classes are as often and as often right, so the F1 of each is the accuracy.
      f1: covered.f1 + holds(after.f1[0]!, truth),
    }
  }
  for (const [what, n] of Object.entries(covered)) {
    expect(n / runs, what).toBeGreaterThanOrEqual(0.9)
    expect(n / runs, what).toBeLessThanOrEqual(0.995)
  }
})

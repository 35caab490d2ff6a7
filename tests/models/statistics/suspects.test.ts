import { expect, test } from 'vitest'
import { random } from '../../../models/nn/random.ts'
import { foldsOf, spatialBlocks } from '../../../models/statistics/blocks.ts'
import { suspicion } from '../../../models/statistics/suspects.ts'

const scoresOf = (of: Parameters<typeof suspicion>[0]) => {
  const work = suspicion(of)
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

test('a label is suspect by the share of its neighbours with another label and by the held-out probability', () => {
  // Two clouds far apart, eleven tokens each; one of the first cloud has the label of the second.
  const tokens = Float32Array.from({ length: 44 }, (_, k) => {
    const i = k >> 1
    return (i < 11 ? -5 : 5) + (k % 2 === 0 ? i % 11 : (i * 7) % 11) / 100
  })
  const labels = Array.from({ length: 22 }, (_, i) => (i < 11 ? 0 : 1))
  labels[4] = 1
  const heldOut = Float32Array.from({ length: 44 }, (_, k) => (k >> 1 < 11 === (k % 2 === 0) ? 0.9 : 0.1))
  const { score, model, neighbours } = scoresOf({ tokens, width: 2, labels, heldOut, classes: 2 })
  expect(neighbours[4]).toBe(1)
  expect(model[4]).toBeCloseTo(0.9, 6)
  expect(score[4]).toBeCloseTo(0.95, 6)
  expect(neighbours[0]).toBeCloseTo(0.1, 6)
  expect(neighbours[15]).toBe(0)
  expect(score[15]).toBeCloseTo(0.05, 6)
  expect(score.indexOf(Math.max(...score))).toBe(4)
})

test('few slides are cut in regions, many slides are blocks, and no block spreads over the slide', () => {
  const rng = random(1)
  const slide = (n: number) => ({
    x: Array.from({ length: n }, () => rng.between(0, 1000)),
    y: Array.from({ length: n }, () => rng.between(0, 500)),
  })
  const one = slide(160)
  const block = spatialBlocks([one])
  expect(new Set(block).size).toBe(8)
  for (let b = 0; b < 8; b++) {
    const own = [...block.keys()].filter((i) => block[i] === b)
    expect(own).toHaveLength(20)
    const extent = (of: readonly number[]) => Math.max(...own.map((i) => of[i])) - Math.min(...own.map((i) => of[i]))
    expect(extent(one.x) * extent(one.y)).toBeLessThan((1000 * 500) / 4)
  }
  const many = Array.from({ length: 9 }, (_, s) => slide(s + 1))
  expect([...spatialBlocks(many)]).toEqual(many.flatMap(({ x }, s) => x.map(() => s)))
  expect(new Set(spatialBlocks([slide(12)])).size).toBe(2)
  expect(spatialBlocks([slide(0)])).toHaveLength(0)
})

test('folds hold whole blocks and about as many points each', () => {
  const block = Uint32Array.from([0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4])
  const fold = foldsOf(block, 3)
  const sizes = [0, 0, 0]
  for (const b of block) sizes[fold[b]]++
  expect(sizes.toSorted()).toEqual([4, 4, 4])
})

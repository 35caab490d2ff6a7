import { describe, expect, it } from 'vitest'
import { bootstrap } from '../../../models/metrics/bootstrap.ts'

const meanOf = (values: readonly number[]) => (drawn: Uint32Array) =>
  drawn.reduce((sum, i) => sum + values[i], 0) / drawn.length

describe('the bootstrap by image', () => {
  it('gives a mean the interval that theory predicts: ± 1.96 s/√n', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i % 2 ? 1 : 0))
    const { low, high } = bootstrap(100, meanOf(values))!
    expect(low).toBeCloseTo(0.5 - 1.96 * 0.05, 1)
    expect(high).toBeCloseTo(0.5 + 1.96 * 0.05, 1)
  })
  it('gives equal images an interval of width zero', () => {
    const { low, high } = bootstrap(5, meanOf([3, 3, 3, 3, 3]))!
    expect([low, high]).toEqual([3, 3])
  })
  it('is the same for the same seed', () =>
    expect(bootstrap(9, meanOf([1, 2, 3, 4, 5, 6, 7, 8, 9]), 4)).toEqual(
      bootstrap(9, meanOf([1, 2, 3, 4, 5, 6, 7, 8, 9]), 4),
    ))
  it('gives a single image no interval', () => expect(bootstrap(1, () => 1)).toBeUndefined())
})

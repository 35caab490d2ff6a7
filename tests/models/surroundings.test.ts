import { describe, expect, it } from 'vitest'
import { surroundings, surroundingsWidth } from '../../models/train/surroundings.ts'

/** Boxes of 8 px around centres, in pixels of 0.5 µm. */
const at = (...centres: [x: number, y: number][]) =>
  Float32Array.from(centres.flatMap(([x, y]) => [x - 4, y - 4, x + 4, y + 4]))

describe('the features of a nucleus and its surroundings', () => {
  it('begin with its own and go on with the means of the others, the nearer counting more', () => {
    // 12 µm to the second nucleus, 24 µm to the third.
    const rows = surroundings(Float32Array.from([1, 10, 2, 20, 4, 40]), at([0, 0], [24, 0], [48, 0]), 0.5)
    expect(surroundingsWidth(2)).toBe(6)
    expect(rows).toHaveLength(18)
    const mean = (sigma: number) => {
      const [near, far] = [Math.exp(-(12 ** 2) / 2 / sigma ** 2), Math.exp(-(24 ** 2) / 2 / sigma ** 2)]
      return (2 * near + 4 * far) / (near + far)
    }
    const expected = [1, 10, mean(12), 10 * mean(12), mean(25), 10 * mean(25)]
    expected.forEach((v, i) => expect(rows[i]).toBeCloseTo(v, 5))
  })

  it('do not hold what lies beyond three times the radius', () => {
    const rows = surroundings(Float32Array.from([1, 5]), at([0, 0], [100, 0]), 0.5)
    expect([...rows]).toEqual([1, 0, 5, 5, 0, 1]) // 50 µm: too far for 12 µm, near enough for 25
  })

  it('are zeros around a nucleus that is alone, and nothing where there is none', () => {
    expect([...surroundings(Float32Array.from([3]), at([9, 9]), 0.5)]).toEqual([3, 0, 0])
    expect(surroundings(new Float32Array(0), at(), 0.5)).toHaveLength(0)
  })
})

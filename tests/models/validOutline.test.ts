import fc from 'fast-check'
import { expect, test } from 'vitest'
import { validOutline } from '../../models/geometry/validOutline.ts'

/** Whether a ring of whole hundredths neither crosses nor touches itself: every pair of sides is compared. */
function isSimple(ring: ArrayLike<number>): boolean {
  const n = ring.length / 2
  const at = (i: number) => [Math.round(ring[2 * (i % n)] * 100), Math.round(ring[2 * (i % n) + 1] * 100)] as const
  const side = (a: readonly [number, number], b: readonly [number, number], c: readonly [number, number]) =>
    Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
  const within = (a: readonly [number, number], b: readonly [number, number], c: readonly [number, number]) =>
    Math.min(a[0], b[0]) <= c[0] &&
    c[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= c[1] &&
    c[1] <= Math.max(a[1], b[1])
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const [a, b, c, d] = [at(i), at(i + 1), at(j), at(j + 1)]
      const isNext = j === i + 1
      const isLast = i === 0 && j === n - 1
      if (isNext && isLast) continue
      if (isNext || isLast) {
        const [p, q, r] = isNext ? [a, b, d] : [c, a, b]
        if (side(p, q, r) === 0 && (p[0] - q[0]) * (r[0] - q[0]) + (p[1] - q[1]) * (r[1] - q[1]) > 0) return false
        continue
      }
      const [s, t, u, v] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)]
      if (s !== t && u !== v) return false
      if (
        (s === 0 && within(a, b, c)) ||
        (t === 0 && within(a, b, d)) ||
        (u === 0 && within(c, d, a)) ||
        (v === 0 && within(c, d, b))
      )
        return false
    }
  return true
}

test('a sound outline stays as it is, to a hundredth of a pixel', () => {
  const square = [1000.25, 2000.5, 1010.25, 2000.5, 1010.25, 2010.5, 1000.25, 2010.5]
  expect(validOutline(square)).toEqual({ ring: Float64Array.from(square), isRepaired: false })
  // Points in a row on one side are valid.
  const inRow = [0, 0, 5, 0, 10, 0, 10, 10, 0, 10]
  expect(validOutline(inRow)?.isRepaired).toBe(false)
  // A deep notch is no crossing.
  expect(validOutline([0, 0, 10, 0, 10, 10, 5, 1, 0, 10])?.isRepaired).toBe(false)
})

test.each([
  ['a bow-tie', [0, 0, 10, 10, 10, 0, 0, 10]],
  ['two points swapped', [0, 0, 10, 0, 0, 10, 10, 10]],
  ['a spike', [0, 0, 5, 0, 5, -8, 5, 0, 10, 0, 10, 10, 0, 10]],
  ['a point met twice', [0, 0, 10, 0, 5, 5, 10, 10, 0, 10, 5, 5]],
  ['a side that runs along another', [0, 0, 10, 0, 10, 10, 4, 10, 4, 0, 2, 0, 2, 10, 0, 10]],
])('%s is made valid', (_, ring) => {
  const valid = validOutline(ring)
  expect(valid?.isRepaired).toBe(true)
  expect(isSimple(valid!.ring)).toBe(true)
})

test.each([
  ['a line', [0, 0, 10, 0, 5, 0]],
  ['a point', [3, 3, 3, 3, 3, 3]],
  ['points closer than a hundredth', [3, 3, 3.001, 3, 3, 3.002]],
])('%s has no area left', (_, ring) => {
  expect(validOutline(ring)).toBeUndefined()
})

test('whatever the points, what comes out is valid', () => {
  const coordinate = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.double({ min: 0, max: 40, noNaN: true }))
  fc.assert(
    fc.property(fc.array(coordinate, { minLength: 6, maxLength: 40 }), fc.constantFrom(0, 99_000.37), (values, far) => {
      const ring = values.slice(0, values.length & ~1).map((v) => v + far)
      const valid = validOutline(ring)
      if (!valid) return
      expect(valid.ring.length).toBeGreaterThanOrEqual(6)
      expect(isSimple(valid.ring)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

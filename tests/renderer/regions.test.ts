import { expect, it } from 'vitest'
import { areaOf, clipped } from '../../renderer/features/regions/area.ts'

it('the area of a polygon does not depend on where it begins or which way it goes', () => {
  const l = [0, 0, 4, 0, 4, 2, 2, 2, 2, 6, 0, 6]
  expect(areaOf(l)).toBe(16)
  expect(areaOf([...l.slice(4), ...l.slice(0, 4)])).toBe(16)
  expect(areaOf(l.flatMap((_, k) => (k % 2 === 0 ? [l[l.length - 2 - k], l[l.length - 1 - k]] : [])))).toBe(16)
})

it('of a turned view only what lies on the slide counts', () => {
  const diamond = [0, -10, 10, 0, 0, 10, -10, 0]
  expect(areaOf(clipped(diamond, 100, 100))).toBeCloseTo(50)
  expect(areaOf(clipped([-5, -5, 200, -5, 200, 300, -5, 300], 100, 80))).toBeCloseTo(8_000)
  expect(clipped([-5, -5, -1, -5, -1, -1], 100, 100)).toEqual([])
})

import { expect, it } from 'vitest'
import { random } from '../../bench/syntheticProject.ts'
import { inPolygon } from '../../models/geometry/polygon.ts'

/** The even–odd rule over all sides. */
function isInPolygon(polygon: ArrayLike<number>, x: number, y: number): boolean {
  let inside = false
  for (let v = 0, u = polygon.length - 2; v < polygon.length; u = v, v += 2)
    if (
      polygon[v + 1] > y !== polygon[u + 1] > y &&
      x < ((polygon[u] - polygon[v]) * (y - polygon[v + 1])) / (polygon[u + 1] - polygon[v + 1]) + polygon[v]
    )
      inside = !inside
  return inside
}

it('the prepared point-in-polygon test agrees with the plain one, also on corners and sides', () => {
  let held = 0
  for (let shape = 0; shape < 40; shape++) {
    const corners = 3 + Math.floor(400 * random(shape, 1) ** 3)
    // Whole numbers, some of them equal: sides that lie flat, and heights that corners share.
    const polygon = Array.from({ length: 2 * corners }, (_, k) => Math.floor(60 * random(1000 * shape + k, 2)))
    const holds = inPolygon(polygon)
    for (let x = -2; x <= 62; x += 0.5)
      for (let y = -2; y <= 62; y++) {
        const expected = isInPolygon(polygon, x, y)
        held += Number(expected)
        if (holds(x, y) !== expected) expect.unreachable(`${x}, ${y} of shape ${shape}`)
      }
  }
  expect(held).toBeGreaterThan(10_000)
  expect(inPolygon([5, 5, 9, 5, 7, 5])(6, 5), 'without a height').toBe(false)
})

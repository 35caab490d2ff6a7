import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { cutAlong, unionOf } from '../../electron/store/nuclei/outlineGeometry.ts'
import { polygonArea } from '../../models/geometry/hull.ts'
import { inPolygon } from '../../models/geometry/polygon.ts'

type Point = readonly [number, number]
const flat = (...points: Point[]) => Float64Array.from(points.flat())
const pointsOf = (outline: Float64Array): Point[] =>
  Array.from({ length: outline.length / 2 }, (_, k) => [outline[2 * k], outline[2 * k + 1]])
const square = (x: number, y: number, side: number) => flat([x, y], [x + side, y], [x + side, y + side], [x, y + side])
const sorted = (outline: Float64Array) =>
  pointsOf(outline)
    .map(([x, y]) => `${x},${y}`)
    .sort()
const holds = (outline: Float64Array, point: Point) => sorted(outline).includes(`${point[0]},${point[1]}`)
const isIn = (outline: Float64Array, [x, y]: Point) => inPolygon(outline)(x, y)

/** Distance of a point from a polygon's border. */
function distance(outline: Float64Array, [x, y]: Point): number {
  const points = pointsOf(outline)
  return Math.min(
    ...points.map(([px, py], k) => {
      const [qx, qy] = points[(k + 1) % points.length]
      const length = (qx - px) ** 2 + (qy - py) ** 2
      const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - px) * (qx - px) + (y - py) * (qy - py)) / length))
      return Math.hypot(x - px - t * (qx - px), y - py - t * (qy - py))
    }),
  )
}

/** Outlines as a project keeps them: hundredths of a pixel in float32 from a whole origin, far out on a slide. */
const nucleus = (middle: fc.Arbitrary<number>) =>
  fc
    .record({
      x: middle,
      y: middle,
      radii: fc.array(fc.double({ min: 5, max: 15, noNaN: true }), { minLength: 3, maxLength: 40 }),
    })
    .map(({ x, y, radii }) =>
      flat(
        ...radii.map<Point>((radius, k) => {
          const angle = (2 * Math.PI * k) / radii.length
          const kept = (v: number) => Math.fround(Math.round(100 * v) / 100)
          return [70_000 + kept(x + radius * Math.cos(angle)), 30_000 + kept(y + radius * Math.sin(angle))]
        }),
      ),
    )
const many = fc.array(nucleus(fc.double({ min: 50, max: 80, noNaN: true })), { minLength: 2, maxLength: 4 })

/** The union, or undefined where the outlines lie apart. */
function union(outlines: readonly Float64Array[]): Float64Array | undefined {
  try {
    return unionOf(outlines)
  } catch (error) {
    expect(error).toMatchObject({ failure: { message: { key: 'notTouching' } } })
    return undefined
  }
}

describe('outlines made one', () => {
  it('keep to the bit every vertex that is away from the others, and hold all that any of them held', () => {
    let joined = 0
    fc.assert(
      fc.property(many, (outlines) => {
        const whole = union(outlines)
        if (!whole) return
        joined++
        outlines.forEach((outline, i) => {
          const others = outlines.filter((_, j) => j !== i)
          for (const point of pointsOf(outline)) {
            const isApart = others.every((other) => !isIn(other, point) && distance(other, point) > 12)
            if (isApart) expect(holds(whole, point)).toBe(true)
            expect(isIn(whole, point) || distance(whole, point) < 0.01).toBe(true)
          }
        })
        // Nothing is added but in a gap between two that are near each other.
        for (const point of pointsOf(whole)) {
          const [nearest, next] = outlines.map((outline) => distance(outline, point)).sort((p, q) => p - q)
          if (nearest > 0.02) expect(next).toBeLessThan(5)
        }
      }),
      { numRuns: 60 },
    )
    expect(joined).toBeGreaterThan(20)
  })

  it('are as large as both together less what they share, where they overlap', () => {
    const whole = unionOf([square(0, 0, 10), square(6, 6, 10)])
    expect(polygonArea(whole)).toBeCloseTo(184, 9)
    expect(sorted(whole)).toEqual(sorted(flat([0, 0], [10, 0], [10, 6], [16, 6], [16, 16], [6, 16], [6, 10], [0, 10])))
  })

  test.each<[string, Float64Array[], number]>([
    ['the same twice', [square(3, 4, 10), square(3, 4, 10)], 100],
    ['one within the other', [square(0, 0, 20), square(5, 5, 3)], 400],
    ['ones that share an edge', [square(0, 0, 10), square(10, 0, 10)], 200],
    ['ones that share part of an edge', [square(0, 0, 10), square(10, 4, 10)], 200],
    ['one that turns the other way', [square(0, 0, 10), flat([5, 0], [5, 10], [15, 10], [15, 0])], 150],
  ])('may be %s', (_, outlines, area) => {
    expect(polygonArea(unionOf(outlines))).toBeCloseTo(area, 9)
  })

  it('keep vertices in a straight line', () => {
    const dense = flat([0, 0], [3, 0], [7, 0], [10, 0], [10, 10], [0, 10], [0, 5])
    const whole = unionOf([dense, square(8, 2, 6)])
    for (const point of pointsOf(dense)) expect(holds(whole, point)).toBe(true)
  })

  it('that touch at a corner or lie a few pixels apart are joined there and nowhere else', () => {
    for (const gap of [0, 1.5, 4]) {
      const [a, b] = [square(0, 0, 20), square(20 + gap, 12, 20)]
      const whole = unionOf([a, b])
      // Of 20 px edges facing each other along 8 px.
      expect(polygonArea(whole)).toBeGreaterThanOrEqual(800 + 8 * gap)
      expect(polygonArea(whole)).toBeLessThanOrEqual(800 + 20 * gap)
      for (const point of [...pointsOf(a), ...pointsOf(b)])
        if (distance(a, point) > 8 || distance(b, point) > 8) expect(holds(whole, point)).toBe(true)
    }
    const corners = unionOf([square(0, 0, 10), square(10, 10, 10)])
    expect(polygonArea(corners)).toBeGreaterThan(200)
    expect(polygonArea(corners)).toBeLessThan(230)
    expect(() => unionOf([square(0, 0, 20), square(24.1, 12, 20)])).toThrow('do not touch')
  })

  it('fill a hole that they enclose, with whatever lies in it', () => {
    const sides = [flat([0, 0], [30, 0], [30, 5], [0, 5]), flat([0, 25], [30, 25], [30, 30], [0, 30])]
    const posts = [flat([0, 5], [5, 5], [5, 25], [0, 25]), flat([25, 5], [30, 5], [30, 25], [25, 25])]
    const ring = [...sides, ...posts]
    expect(polygonArea(unionOf(ring))).toBeCloseTo(900, 9)
    expect(polygonArea(unionOf([...ring, square(13, 13, 4)]))).toBeCloseTo(900, 9)
  })

  it('may cross themselves', () => {
    const eight = flat([0, 0], [10, 10], [10, 0], [0, 10])
    const whole = unionOf([eight, square(9, 2, 6)])
    expect(isIn(whole, [1, 5])).toBe(true)
    expect(isIn(whole, [12, 5])).toBe(true)
    expect(holds(whole, [0, 0])).toBe(true)
    expect(holds(whole, [0, 10])).toBe(true)
  })

  it('cannot be ones without an area', () => {
    expect(() => unionOf([flat([0, 0], [5, 5], [9, 9]), new Float64Array(0)])).toThrow('do not touch')
  })
})

describe('an outline that is cut', () => {
  it('keeps to the bit every vertex, and its area', () => {
    let cut = 0
    fc.assert(
      fc.property(nucleus(fc.constant(60)), fc.double({ min: 0, max: Math.PI, noNaN: true }), (outline, angle) => {
        const [x, y, dx, dy] = [70_060, 30_060, Math.cos(angle), Math.sin(angle)]
        let pieces: Float64Array[]
        try {
          pieces = cutAlong(outline, [x - dx, y - dy, x + dx, y + dy])
        } catch {
          return
        }
        cut++
        for (const [px, py] of pointsOf(outline)) {
          const side = (px - x) * dy - (py - y) * dx
          if (Math.abs(side) > 4) expect(pieces.some((piece) => holds(piece, [px, py]))).toBe(true)
        }
        const sum = pieces.reduce((all, piece) => all + polygonArea(piece), 0)
        expect(sum).toBeLessThan(polygonArea(outline) + 1e-6)
        expect(sum).toBeGreaterThan(polygonArea(outline) - 8)
      }),
      { numRuns: 60 },
    )
    expect(cut).toBeGreaterThan(20)
  })

  it('across both arms of a U leaves three pieces', () => {
    const u = flat([0, 0], [5, 0], [5, 20], [15, 20], [15, 0], [20, 0], [20, 25], [0, 25])
    const pieces = cutAlong(u, [-5, 10, 30, 10])
    expect(pieces.map(polygonArea).sort((a, b) => a - b)).toEqual([50, 50, 200])
  })

  it('is refused where the line misses it, only grazes it or has no direction', () => {
    for (const line of [
      [100, 0, 100, 10],
      [0.1, 0, 0.1, 10],
      [5, 5, 5, 5],
    ] as const)
      expect(() => cutAlong(square(0, 0, 10), line)).toThrow('does not cut')
  })
})

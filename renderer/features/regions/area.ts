import type { Rect, Searched } from '../../../electron/contract/index.ts'
import { type TissueArea } from '../../../electron/contract/slides/tissue.ts'
import { inPolygon, kindAt } from '../../../models/geometry/polygon.ts'

/** A closed polygon: x, y of each corner. */
export type Polygon = readonly number[]

/** Returns the area of a polygon by the shoelace formula, in its own units squared. */
export function areaOf(polygon: Polygon): number {
  let twice = 0
  for (let v = 0, u = polygon.length - 2; v < polygon.length; u = v, v += 2)
    twice += polygon[u] * polygon[v + 1] - polygon[v] * polygon[u + 1]
  return Math.abs(twice) / 2
}

/** Returns the part of a polygon within 0 … width × 0 … height; empty if there is none. */
export const clipped = (polygon: Polygon, width: number, height: number): number[] =>
  clippedTo(polygon, { x: 0, y: 0, width, height })

/** Returns the part of a polygon within a rectangle (Sutherland & Hodgman 1974); empty if there is none. */
function clippedTo(polygon: Polygon, rect: Rect): number[] {
  const sides: readonly ((x: number, y: number) => number)[] = [
    (x) => x - rect.x,
    (x) => rect.x + rect.width - x,
    (_x, y) => y - rect.y,
    (_x, y) => rect.y + rect.height - y,
  ]
  return sides.reduce<number[]>(
    (left, inside) => {
      const kept: number[] = []
      for (let v = 0, u = left.length - 2; v < left.length; u = v, v += 2) {
        const [ax, ay, bx, by] = [left[u], left[u + 1], left[v], left[v + 1]]
        const [a, b] = [inside(ax, ay), inside(bx, by)]
        const t = a / (a - b)
        if (a >= 0 !== b >= 0) kept.push(ax + t * (bx - ax), ay + t * (by - ay))
        if (b >= 0) kept.push(bx, by)
      }
      return kept
    },
    [...polygon],
  )
}

/** Fraction of a polygon's area that the sum of its parts may fall short by rounding. */
const roundingError = 1e-6

/** Returns whether all of a polygon was searched for nuclei. */
export function isWhollySearched(polygon: Polygon, searched: Searched): boolean {
  if (searched === null) return true
  const inParts = searched.reduce((sum, rect) => sum + areaOf(clippedTo(polygon, rect)), 0)
  return inParts >= areaOf(polygon) * (1 - roundingError)
}

/**
 * Points per side of the lattice that measures overlapping areas: accurate to a thousandth of the whole, in a few
 * milliseconds.
 */
const lattice = 512

/** Returns the area of a polygon without the parts that people excluded from the tissue, in its own units squared. */
export function areaCounting(polygon: Polygon, areas: readonly TissueArea[]): number {
  const whole = areaOf(polygon)
  if (!areas.some(({ kind }) => kind === 'excluded')) return whole
  const said = kindAt(areas)
  const isIn = inPolygon(polygon)
  const [xs, ys] = [0, 1].map((axis) => polygon.filter((_, k) => k % 2 === axis))
  const [left, right] = [Math.min(...xs), Math.max(...xs)]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  let inside = 0
  let takenOut = 0
  for (let row = 0; row < lattice; row++)
    for (let column = 0; column < lattice; column++) {
      const x = left + ((column + 0.5) / lattice) * (right - left)
      const y = top + ((row + 0.5) / lattice) * (bottom - top)
      if (!isIn(x, y)) continue
      inside++
      if (said(x, y) === 'excluded') takenOut++
    }
  return inside === 0 ? whole : (whole * (inside - takenOut)) / inside
}

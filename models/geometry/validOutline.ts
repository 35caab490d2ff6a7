import { convexHull } from './hull.ts'

/** Outlines are stored and written in hundredths of a pixel. */
const perPixel = 100

/**
 * Returns a closed polygon's outline as it can be stored and written: in hundredths of a pixel, without repeated points,
 * and valid by OGC Simple Features (06-103r4, 6.1.11.1): a ring that neither crosses nor touches itself. An outline that
 * does is divided into loops where it meets itself; the largest loop replaces it, and `isRepaired` is true.
 * Returns undefined if no area is left.
 *
 * @param ring flat x, y, px; the first point is not repeated at the end
 */
export function validOutline(ring: ArrayLike<number>): { ring: ArrayLike<number>; isRepaired: boolean } | undefined {
  const [x0, y0] = [Math.round(ring[0] * perPixel), Math.round(ring[1] * perPixel)]
  // Whole numbers relative to the first point: products of differences are exact up to outlines of 300,000 px.
  if (scratch.length < ring.length) scratch = new Float64Array(2 * ring.length)
  let n = 0
  for (let k = 0; k + 1 < ring.length; k += 2) {
    const x = Math.round(ring[k] * perPixel) - x0
    const y = Math.round(ring[k + 1] * perPixel) - y0
    if (n > 0 && scratch[n - 2] === x && scratch[n - 1] === y) continue
    scratch[n++] = x
    scratch[n++] = y
  }
  while (n > 2 && scratch[n - 2] === scratch[0] && scratch[n - 1] === scratch[1]) n -= 2
  if (n < 6) return undefined
  const grid = scratch.slice(0, n)
  const isSound = isSimple(grid)
  const valid = isSound ? grid : repaired(grid)
  if (!valid || twiceArea(valid) === 0) return undefined
  const pixels = isSound ? grid : Float64Array.from(valid)
  for (let k = 0; k < pixels.length; k += 2) {
    pixels[k] = (pixels[k] + x0) / perPixel
    pixels[k + 1] = (pixels[k + 1] + y0) / perPixel
  }
  return { ring: pixels, isRepaired: !isSound }
}

/** Reused from call to call, because millions of outlines are checked. */
let scratch = new Float64Array(256)

function push(grid: number[], x: number, y: number): void {
  const n = grid.length
  if (n === 0 || grid[n - 2] !== x || grid[n - 1] !== y) grid.push(x, y)
}

function dropClosing(grid: number[]): void {
  while (grid.length > 2 && grid[grid.length - 2] === grid[0] && grid[grid.length - 1] === grid[1]) grid.length -= 2
}

function twiceArea(ring: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2)
    sum += ring[j] * ring[i + 1] - ring[i] * ring[j + 1]
  return sum
}

/** Returns whether a ring of whole numbers neither crosses nor touches itself and has an area. */
function isSimple(ring: ArrayLike<number>): boolean {
  return isStar(ring) || (firstMeeting(ring) === undefined && twiceArea(ring) !== 0)
}

/**
 * Returns true if the ring turns around its centroid once and always in the same direction, as nearly every nucleus
 * does. Such a ring is simple. This takes one pass, where the comparison of all edges takes many.
 */
function isStar(ring: ArrayLike<number>): boolean {
  let [twice, x, y] = [0, 0, 0]
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const cross = ring[j] * ring[i + 1] - ring[i] * ring[j + 1]
    twice += cross
    x += (ring[j] + ring[i]) * cross
    y += (ring[j + 1] + ring[i + 1]) * cross
  }
  if (twice === 0) return false
  x /= 3 * twice
  y /= 3 * twice
  const turn = Math.sign(twice)
  let rounds = 0
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [ax, ay, bx, by] = [ring[j] - x, ring[j + 1] - y, ring[i] - x, ring[i + 1] - y]
    // The centroid is rounded, so a ray that nearly passes along an edge proves nothing.
    if (turn * (ax * by - bx * ay) <= 1e-3) return false
    if (ay < 0 && by >= 0) rounds++
  }
  return rounds === 1
}

const side = (ax: number, ay: number, bx: number, by: number, cx: number, cy: number) =>
  Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))

/** So many comparisons of edges take a few tenths of a second. Only a scribble of thousands of points needs more. */
const mostComparisons = 2e7

/**
 * Compares each edge with those that begin before it ends, from left to right. Returns the first two that meet, 'many' if
 * that takes too long, or undefined if none do.
 */
function firstMeeting(ring: ArrayLike<number>): [number, number] | 'many' | undefined {
  const n = ring.length / 2
  const left = (e: number) => Math.min(ring[2 * e], ring[(2 * e + 2) % ring.length])
  const right = (e: number) => Math.max(ring[2 * e], ring[(2 * e + 2) % ring.length])
  const order = Array.from({ length: n }, (_, e) => e).sort((a, b) => left(a) - left(b))
  let comparisons = 0
  for (let p = 0; p < n; p++) {
    const end = right(order[p])
    for (let q = p + 1; q < n && left(order[q]) <= end; q++) {
      if (meet(ring, order[p], order[q])) return [Math.min(order[p], order[q]), Math.max(order[p], order[q])]
      if (++comparisons > mostComparisons) return 'many'
    }
  }
  return undefined
}

/** Returns whether two edges of a ring have a point in common that they may not have. */
function meet(ring: ArrayLike<number>, e: number, f: number): boolean {
  const n = ring.length / 2
  const [ax, ay] = [ring[2 * e], ring[2 * e + 1]]
  const [bx, by] = [ring[(2 * e + 2) % (2 * n)], ring[(2 * e + 3) % (2 * n)]]
  const [cx, cy] = [ring[2 * f], ring[2 * f + 1]]
  const [dx, dy] = [ring[(2 * f + 2) % (2 * n)], ring[(2 * f + 3) % (2 * n)]]
  if (Math.max(ay, by) < Math.min(cy, dy) || Math.max(cy, dy) < Math.min(ay, by)) return false
  if ((e + 1) % n === f || (f + 1) % n === e) {
    // Neighbours share a point; they may not run back along each other.
    if (n === 3) return false
    const [px, py, qx, qy, rx, ry] = (e + 1) % n === f ? [ax, ay, bx, by, dx, dy] : [cx, cy, dx, dy, bx, by]
    return side(px, py, qx, qy, rx, ry) === 0 && (px - qx) * (rx - qx) + (py - qy) * (ry - qy) > 0
  }
  const [s1, s2] = [side(ax, ay, bx, by, cx, cy), side(ax, ay, bx, by, dx, dy)]
  const [s3, s4] = [side(cx, cy, dx, dy, ax, ay), side(cx, cy, dx, dy, bx, by)]
  if (s1 !== s2 && s3 !== s4) return true
  const isOn = (x1: number, y1: number, x2: number, y2: number, x: number, y: number) =>
    x >= Math.min(x1, x2) && x <= Math.max(x1, x2) && y >= Math.min(y1, y2) && y <= Math.max(y1, y2)
  return (
    (s1 === 0 && isOn(ax, ay, bx, by, cx, cy)) ||
    (s2 === 0 && isOn(ax, ay, bx, by, dx, dy)) ||
    (s3 === 0 && isOn(cx, cy, dx, dy, ax, ay)) ||
    (s4 === 0 && isOn(cx, cy, dx, dy, bx, by))
  )
}

/**
 * Divides a ring where two of its edges meet and goes on with the larger of the two loops, until it meets itself no more.
 * Each loop has fewer points than the ring, so this ends. If nothing is left, or it takes too long, returns the convex
 * hull; undefined if that has no area.
 */
function repaired(ring: ArrayLike<number>): ArrayLike<number> | undefined {
  let current: number[] = Array.from(ring)
  // Every round compares edges again; the budget is for all of them.
  for (let round = 0; round < mostRounds && current.length >= 6; round++) {
    const found = firstMeeting(current)
    if (found === 'many') break
    if (found === undefined) {
      if (twiceArea(current) === 0) break
      return current
    }
    const [one, other] = dividedAt(current, ...found).map(cleaned)
    current = Math.abs(twiceArea(one)) >= Math.abs(twiceArea(other)) ? one : other
  }
  const hull = cleaned(Array.from(convexHull(Float64Array.from(ring))))
  return hull.length >= 6 && isSimple(hull) ? hull : undefined
}

/** An outline that meets itself more often is a scribble. */
const mostRounds = 2000

/** Returns the two loops of a ring that edges e < f, from point e and point f on, make where they meet. */
function dividedAt(ring: readonly number[], e: number, f: number): [number[], number[]] {
  const n = ring.length / 2
  const at = (i: number) => [ring[2 * (i % n)], ring[2 * (i % n) + 1]] as const
  if (f === e + 1 || (e === 0 && f === n - 1)) {
    // Two neighbours that run back along each other: the point between them is the tip of a spike.
    const tip = f === e + 1 ? f : e
    return [ring.filter((_, k) => k >> 1 !== tip), []]
  }
  const [x, y] = meetingPoint(at(e), at(e + 1), at(f), at(f + 1))
  return [
    [x, y, ...ring.slice(2 * (e + 1), 2 * (f + 1))],
    [...ring.slice(0, 2 * (e + 1)), x, y, ...ring.slice(2 * (f + 1))],
  ]
}

type Point = readonly [number, number]

/** Returns the point where two edges that meet do so, in whole numbers; of a common stretch, one of its ends. */
function meetingPoint(a: Point, b: Point, c: Point, d: Point): Point {
  const cross = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])
  if (cross !== 0) {
    const t = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / cross
    return [Math.round(a[0] + t * (b[0] - a[0])), Math.round(a[1] + t * (b[1] - a[1]))]
  }
  const isOnFirst = (p: Point) =>
    Math.min(a[0], b[0]) <= p[0] &&
    p[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= p[1] &&
    p[1] <= Math.max(a[1], b[1])
  return isOnFirst(c) ? c : isOnFirst(d) ? d : a
}

/** Returns a ring without points that follow on themselves. */
function cleaned(ring: readonly number[]): number[] {
  const clean: number[] = []
  for (let k = 0; k < ring.length; k += 2) push(clean, ring[k], ring[k + 1])
  dropClosing(clean)
  return clean
}

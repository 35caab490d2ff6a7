import { setPrecision, union } from 'polyclip-ts'
import { convexHull } from './hull.ts'

// Without this, some crossings differ in the 20th decimal and rings cannot be closed (see outlineGeometry.ts).
setPrecision(1e-13)

/** Outlines are stored and written in hundredths of a pixel. */
const perPixel = 100

/**
 * Returns a closed polygon's outline as it can be stored and written: in hundredths of a pixel, without repeated points,
 * and valid by OGC Simple Features (06-103r4, 6.1.11.1): a ring that neither crosses nor touches itself. An outline that
 * does is replaced by its largest part by the even–odd rule, as it is filled on the screen, and `isRepaired` is true.
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
  return isStar(ring) || isSimpleByEdges(ring)
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

/** Compares each edge with those that begin before it ends, from left to right. */
function isSimpleByEdges(ring: ArrayLike<number>): boolean {
  const n = ring.length / 2
  const left = (e: number) => Math.min(ring[2 * e], ring[(2 * e + 2) % ring.length])
  const right = (e: number) => Math.max(ring[2 * e], ring[(2 * e + 2) % ring.length])
  const order = Array.from({ length: n }, (_, e) => e).sort((a, b) => left(a) - left(b))
  for (let p = 0; p < n; p++) {
    const end = right(order[p])
    for (let q = p + 1; q < n && left(order[q]) <= end; q++) if (meet(ring, order[p], order[q])) return false
  }
  return twiceArea(ring) !== 0
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

/** Rounding the crossings may make new ones; after so many rounds the outline's hull is taken. */
const mostRounds = 6
/** Clipping takes time by the square of the points; an outline with more is no nucleus, and its hull must do. */
const mostPoints = 3000

function repaired(ring: ArrayLike<number>): ArrayLike<number> | undefined {
  let current = ring
  for (let round = 0; round < mostRounds && current.length <= 2 * mostPoints; round++) {
    const part = largestPart(current)
    if (!part) break
    if (isSimple(part)) return part
    current = part
  }
  const hull: number[] = []
  const points = convexHull(Float64Array.from(ring))
  for (let k = 0; k < points.length; k += 2) push(hull, points[k], points[k + 1])
  dropClosing(hull)
  return hull.length >= 6 && isSimple(hull) ? hull : undefined
}

/** Returns the outer ring of the largest part of a ring that crosses itself, in whole numbers. */
function largestPart(ring: ArrayLike<number>): number[] | undefined {
  const points = Array.from({ length: ring.length / 2 }, (_, i): [number, number] => [ring[2 * i], ring[2 * i + 1]])
  let parts
  try {
    parts = union([points])
  } catch {
    return undefined // the library gives up on some degenerate rings; the hull is then taken
  }
  let best: number[] | undefined
  for (const [outer] of parts) {
    const part: number[] = []
    for (const [x, y] of outer) push(part, Math.round(x), Math.round(y))
    dropClosing(part)
    if (part.length >= 6 && (!best || Math.abs(twiceArea(part)) > Math.abs(twiceArea(best)))) best = part
  }
  return best
}

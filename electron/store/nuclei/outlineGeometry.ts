import { FailureError, tell } from '../../contract/index.ts'
import { perimeterOf, resampled, smoothed, traceContour } from '../../../models/detector/outline.ts'
import { polygonArea } from '../../../models/detector/hull.ts'

/** Smallest piece that a cut may leave, level-0 pixels²: below it nobody sees a nucleus. */
const smallestPiece = 4
/** Gaps up to twice this many pixels between outlines are closed when they are made one. */
const closing = 2
/** Largest side of the raster on which outlines are made one. */
const largestSide = 1024

/** A polygon cut along the line through two points: both sides. Fails with 'invalid-input' where it does not cut. */
export function cutAlong(
  outline: Float64Array,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): [Float64Array, Float64Array] {
  const sideOf = (x: number, y: number) => (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
  const sides = [1, -1].map((sign) => halfOf(outline, (x, y) => sign * sideOf(x, y)))
  if (sides.some((side) => side.length < 6 || polygonArea(side) < smallestPiece))
    throw new FailureError('invalid-input', tell('notCut'))
  return [sides[0], sides[1]]
}

/** The part of a polygon where `side` is positive (Sutherland and Hodgman 1974, one edge). */
function halfOf(outline: Float64Array, side: (x: number, y: number) => number): Float64Array {
  const points: number[] = []
  const n = outline.length
  for (let v = 0; v < n; v += 2) {
    const [ax, ay, bx, by] = [outline[v], outline[v + 1], outline[(v + 2) % n], outline[(v + 3) % n]]
    const [a, b] = [side(ax, ay), side(bx, by)]
    if (a >= 0) points.push(ax, ay)
    if (a >= 0 !== b >= 0) points.push(ax + (a / (a - b)) * (bx - ax), ay + (a / (a - b)) * (by - ay))
  }
  return Float64Array.from(points)
}

/** One outline around several that touch or nearly do. Fails with 'invalid-input' where they lie apart. */
export function unionOf(outlines: readonly Float64Array[]): Float64Array {
  const all = outlines.flatMap((outline) => [...outline])
  const [xs, ys] = [all.filter((_, k) => k % 2 === 0), all.filter((_, k) => k % 2 === 1)]
  const [left, top] = [Math.min(...xs), Math.min(...ys)]
  const scale = Math.min(1, largestSide / Math.max(Math.max(...xs) - left, Math.max(...ys) - top))
  const margin = closing + 1
  const width = Math.ceil((Math.max(...xs) - left) * scale) + 2 * margin
  const height = Math.ceil((Math.max(...ys) - top) * scale) + 2 * margin
  const toRaster = (outline: Float64Array) =>
    outline.map((value, k) => (value - (k % 2 === 0 ? left : top)) * scale + margin)
  const filled = new Uint8Array(width * height)
  for (const outline of outlines) fill(filled, width, toRaster(outline))
  const mask = grown(grown(filled, width, closing, 1), width, closing, 0)
  const start = mask.indexOf(1)
  if (start < 0 || hasMoreThanOne(mask, width, start)) throw new FailureError('invalid-input', tell('notTouching'))
  const value = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] === 1 ? 1 : 0
  const at = { x: start % width, y: Math.floor(start / width) }
  const contour = smoothed(traceContour((x, y) => value(x, y) === 1, at, value, 0.5))
  const points = resampled(contour, Math.max(16, Math.min(64, Math.round(perimeterOf(contour) / 4))))
  return points.map((v, k) => (v - margin) / scale + (k % 2 === 0 ? left : top))
}

/** Sets the pixels whose centre lies in the polygon (even–odd rule). */
function fill(mask: Uint8Array, width: number, polygon: Float64Array): void {
  const height = mask.length / width
  for (let y = 0; y < height; y++) {
    const xs: number[] = []
    for (let v = 0, u = polygon.length - 2; v < polygon.length; u = v, v += 2) {
      const [a, b] = [polygon[v + 1] - y - 0.5, polygon[u + 1] - y - 0.5]
      if (a > 0 !== b > 0) xs.push(polygon[v] + ((polygon[u] - polygon[v]) * a) / (a - b))
    }
    xs.sort((p, q) => p - q)
    for (let k = 0; k + 1 < xs.length; k += 2)
      mask.fill(1, y * width + Math.ceil(xs[k] - 0.5), y * width + Math.ceil(xs[k + 1] - 0.5))
  }
}

/** Pixels of `value` spread to their four neighbours, `steps` times. */
function grown(mask: Uint8Array, width: number, steps: number, value: 0 | 1): Uint8Array {
  let from = mask
  for (let step = 0; step < steps; step++) {
    const to = from.slice()
    for (let i = 0; i < from.length; i++)
      if (from[i] === value)
        for (const j of [i - 1, i + 1, i - width, i + width]) if (j >= 0 && j < to.length) to[j] = value
    from = to
  }
  return from
}

function hasMoreThanOne(mask: Uint8Array, width: number, start: number): boolean {
  const seen = new Uint8Array(mask.length)
  const waiting = [start]
  seen[start] = 1
  let count = 0
  for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
    count++
    for (const j of [i - 1, i + 1, i - width, i + width])
      if (mask[j] === 1 && !seen[j]) {
        seen[j] = 1
        waiting.push(j)
      }
  }
  return count < mask.reduce((sum, v) => sum + v, 0)
}

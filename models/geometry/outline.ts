/** Steps east, south, west, north along pixel corners (y grows downwards), interior on the right hand. */
const stepX = [1, 0, -1, 0]
const stepY = [0, 1, 0, -1]
/** From a corner, the pixel ahead on the right (top-left corner offset) and the one ahead on the left. */
const rightX = [0, -1, -1, 0]
const rightY = [0, 0, -1, -1]
const leftX = [0, 0, -1, -1]
const leftY = [-1, 0, 0, -1]

/**
 * Outer contour of a 4-connected region, where `values` falls through `threshold`, found to a fraction of a pixel by
 * linear interpolation between each boundary pixel and its neighbour outside. Holes are ignored.
 *
 * `inside(x, y)` tells the region's pixels; `start` is its first pixel in reading order. Returns x, y, x, y… in pixels
 * (a pixel's centre is at +0.5), clockwise on the screen, one point per boundary side, not repeated at the end.
 */
export function traceContour(
  inside: (x: number, y: number) => boolean,
  start: { x: number; y: number },
  value: (x: number, y: number) => number,
  threshold: number,
): Float64Array {
  const points: number[] = []
  let { x, y } = start
  let d = 0
  do {
    const inX = x + rightX[d]
    const inY = y + rightY[d]
    const outX = x + leftX[d]
    const outY = y + leftY[d]
    const within = value(inX, inY)
    const drop = within - value(outX, outY)
    const share = drop > 1e-9 ? Math.min(Math.max((within - threshold) / drop, 0), 1) : 0.5
    points.push(inX + 0.5 + share * (outX - inX), inY + 0.5 + share * (outY - inY))
    x += stepX[d]
    y += stepY[d]
    if (!inside(x + rightX[d], y + rightY[d])) d = (d + 1) & 3
    else if (inside(x + leftX[d], y + leftY[d])) d = (d + 3) & 3
  } while (x !== start.x || y !== start.y || d !== 0)
  return Float64Array.from(points)
}

/** Length of a closed polygon. */
export function perimeterOf(points: Float64Array): number {
  let length = 0
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2)
    length += Math.hypot(points[i] - points[j], points[i + 1] - points[j + 1])
  return length
}

/** Centroid of a closed polygon's area. */
export function centroidOf(points: ArrayLike<number>): [number, number] {
  const [x0, y0] = [points[0], points[1]] // relative to a corner, so that large coordinates lose nothing
  let area = 0
  let x = 0
  let y = 0
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    const ax = points[j] - x0
    const ay = points[j + 1] - y0
    const bx = points[i] - x0
    const by = points[i + 1] - y0
    const cross = ax * by - bx * ay
    area += cross
    x += (ax + bx) * cross
    y += (ay + by) * cross
  }
  return area === 0 ? [x0, y0] : [x0 + x / (3 * area), y0 + y / (3 * area)]
}

/** Returns the ring's centroid; if that lies outside, the middle of the ring's widest part at the centroid's height. */
export function innerPoint(ring: ArrayLike<number>): [number, number] {
  const [x, y] = centroidOf(ring)
  const crossings: number[] = []
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [ay, by] = [ring[j + 1], ring[i + 1]]
    if (ay > y !== by > y) crossings.push(ring[j] + ((y - ay) / (by - ay)) * (ring[i] - ring[j]))
  }
  crossings.sort((a, b) => a - b)
  let [left, right] = [x, x]
  for (let k = 0; k + 1 < crossings.length; k += 2) {
    if (crossings[k] < x && x < crossings[k + 1]) return [x, y]
    if (crossings[k + 1] - crossings[k] > right - left) [left, right] = [crossings[k], crossings[k + 1]]
  }
  return [(left + right) / 2, y]
}

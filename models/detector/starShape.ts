import { centroidOf } from '../geometry/outline.ts'

/**
 * An outline as a star: its distances from an inner point along `count` rays at equal angles. The first ray points
 * along +x, the next ones turn towards +y (Schmidt et al. 2018, "Cell Detection with Star-Convex Polygons").
 */

/**
 * Writes into `out` the distance from (x, y) to where each ray first leaves the ring; `out`'s length is the number of
 * rays.
 * @param ring closed polygon, flat x, y, first point not repeated at the end
 * @returns false if (x, y) does not lie in the ring; `out` is then not valid
 */
export function rayLengths(ring: ArrayLike<number>, x: number, y: number, out: Float32Array): boolean {
  const count = out.length
  out.fill(Infinity)
  const step = (2 * Math.PI) / count
  let turned = 0
  let ax = ring[ring.length - 2] - x
  let ay = ring[ring.length - 1] - y
  let from = Math.atan2(ay, ax)
  for (let i = 0; i < ring.length; i += 2) {
    const bx = ring[i] - x
    const by = ring[i + 1] - y
    const to = Math.atan2(by, bx)
    let turn = to - from
    if (turn > Math.PI) turn -= 2 * Math.PI
    else if (turn < -Math.PI) turn += 2 * Math.PI
    turned += turn
    // Only rays between the directions of the side's two ends can meet it.
    const [low, high] = turn < 0 ? [from + turn, from] : [from, from + turn]
    const cross = ax * by - ay * bx
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9; k++) {
      const [dx, dy] = [Math.cos(k * step), Math.sin(k * step)]
      const along = dx * (by - ay) - dy * (bx - ax)
      const length = along === 0 ? Math.min(Math.hypot(ax, ay), Math.hypot(bx, by)) : cross / along
      const at = ((k % count) + count) % count
      if (length >= 0 && length < out[at]) out[at] = length
    }
    ax = bx
    ay = by
    from = to
  }
  if (Math.abs(turned) < Math.PI) return false
  return out.every((length) => length < Infinity)
}

/** Corners of the star around (x, y), flat x, y, one for each ray of `rayLengths`. */
export function starPolygon(x: number, y: number, lengths: ArrayLike<number>): Float64Array {
  const { length: count } = lengths
  const ring = new Float64Array(2 * count)
  for (let k = 0; k < count; k++) {
    const angle = (2 * Math.PI * k) / count
    ring[2 * k] = x + lengths[k] * Math.cos(angle)
    ring[2 * k + 1] = y + lengths[k] * Math.sin(angle)
  }
  return ring
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

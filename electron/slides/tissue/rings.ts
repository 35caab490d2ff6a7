import type { TissuePicture } from './find.ts'

const steps = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const
/** For each direction of `steps`: the pixels ahead of a corner, to the right and to the left. */
const ahead = [
  { right: [0, 0], left: [0, -1] },
  { right: [-1, 0], left: [0, 0] },
  { right: [-1, -1], left: [-1, 0] },
  { right: [0, -1], left: [-1, -1] },
] as const
const tolerance = 0.6 // pixels of the picture; hides the steps of its pixels

/**
 * Returns the borders of the tissue as closed rings, x, y of each point in level-0 pixels. They run clockwise around
 * tissue and counterclockwise around holes, so that either fill rule fills the tissue. Points are the midpoints of
 * pixel sides.
 */
export function ringsOf({ width, height, scale, mask }: TissuePicture): Float32Array[] {
  const isIn = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] === 1
  // Every border runs eastward above some tissue pixel. That side identifies the border.
  const seen = new Uint8Array(mask.length)
  const rings: Float32Array[] = []
  for (let top = 0; top < height; top++)
    for (let left = 0; left < width; left++) {
      if (seen[top * width + left] || !isIn(left, top) || isIn(left, top - 1)) continue
      const ring: number[] = []
      let [x, y, heading] = [left, top, 0]
      do {
        if (heading === 0) seen[y * width + x] = 1
        const [dx, dy] = steps[heading]
        ring.push(x + dx / 2, y + dy / 2)
        x += dx
        y += dy
        const { right, left: beside } = ahead[heading]
        if (!isIn(x + right[0], y + right[1])) heading = (heading + 1) % 4
        else if (isIn(x + beside[0], y + beside[1])) heading = (heading + 3) % 4
      } while (x !== left || y !== top || heading !== 0)
      rings.push(Float32Array.from(simplify(ring), (v, k) => v * scale[k % 2]))
    }
  return rings
}

/**
 * Simplifies a ring to `tolerance` (Ramer 1972, Douglas & Peucker 1973). Keeps its first point and the one farthest
 * from it.
 */
function simplify(ring: readonly number[]): number[] {
  const n = ring.length / 2
  const kept = new Uint8Array(n)
  const distance = (k: number, a: number, b: number) => {
    const [ax, ay] = [ring[2 * a], ring[2 * a + 1]]
    const [dx, dy] = [ring[2 * (b % n)] - ax, ring[2 * (b % n) + 1] - ay]
    const [px, py] = [ring[2 * k] - ax, ring[2 * k + 1] - ay]
    const length = Math.hypot(dx, dy)
    return length === 0 ? Math.hypot(px, py) : Math.abs(px * dy - py * dx) / length
  }
  const open: [number, number][] = [[0, n]]
  kept[0] = 1
  for (let span = open.pop(); span; span = open.pop()) {
    const [a, b] = span
    let [farthest, most] = [-1, tolerance]
    for (let k = a + 1; k < b; k++) {
      const away = distance(k, a, b)
      if (away > most) [farthest, most] = [k, away]
    }
    if (farthest < 0) continue
    kept[farthest] = 1
    open.push([a, farthest], [farthest, b])
  }
  return ring.filter((_, k) => kept[k >> 1] === 1)
}

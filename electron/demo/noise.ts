import { random as seededRandom } from '../../models/nn/random.ts'

/** Smooth noise over the plane, about −1 … 1, with features about one unit in size. */
export type Noise = (x: number, y: number) => number

const fade = (t: number) => t * t * t * (t * (t * 6 - 15) + 10)

/** Gradient noise after Perlin (2002), from 256 seeded gradients. */
export function gradientNoise(seed: number): Noise {
  const random = seededRandom(seed)
  const order = Uint8Array.from({ length: 256 }, (_, i) => i)
  for (let i = 255; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
  const gx = new Float32Array(256)
  const gy = new Float32Array(256)
  for (let i = 0; i < 256; i++) {
    gx[i] = 1.5 * Math.cos((2 * Math.PI * i) / 256)
    gy[i] = 1.5 * Math.sin((2 * Math.PI * i) / 256)
  }
  const corner = (ix: number, iy: number, dx: number, dy: number) => {
    const g = order[(order[ix & 255] + iy) & 255]
    return gx[g] * dx + gy[g] * dy
  }
  return (x, y) => {
    const ix = Math.floor(x)
    const iy = Math.floor(y)
    const dx = x - ix
    const dy = y - iy
    const u = fade(dx)
    const top = corner(ix, iy, dx, dy) * (1 - u) + corner(ix + 1, iy, dx - 1, dy) * u
    const bottom = corner(ix, iy + 1, dx, dy - 1) * (1 - u) + corner(ix + 1, iy + 1, dx - 1, dy - 1) * u
    return top + (bottom - top) * fade(dy)
  }
}

/** Evaluates a slowly changing function at every 8th pixel and interpolates between, for 0 ≤ x ≤ width. */
export function gridded(width: number, height: number, slow: Noise): Noise {
  const columns = (width >> 3) + 2
  const rows = (height >> 3) + 2
  const grid = Float32Array.from({ length: columns * rows }, (_, k) =>
    slow(8 * (k % columns), 8 * Math.floor(k / columns)),
  )
  return (x, y) => {
    const ix = x >> 3
    const iy = y >> 3
    const dx = x / 8 - ix
    const at = iy * columns + ix
    const top = grid[at] + (grid[at + 1] - grid[at]) * dx
    const bottom = grid[at + columns] + (grid[at + columns + 1] - grid[at + columns]) * dx
    return top + (bottom - top) * (y / 8 - iy)
  }
}

/** Returns 0 below `from` and 1 above `to` (or the other way round), with a smooth transition. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)))
  return t * t * (3 - 2 * t)
}

export const mix = (a: number, b: number, t: number): number => a + (b - a) * t

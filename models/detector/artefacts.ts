import type { Random } from '../nn/random.ts'
import { cellSize } from './config.ts'

/**
 * Artefacts that slides show beside nuclei: glass, dust, fibres, pen, folds and red cells. Painted onto square RGB
 * crops of `side` pixels, so that the detector learns to ignore them.
 */
type Colour = readonly [number, number, number]

const mixInto = (rgb: Uint8Array, at: number, colour: Colour, share: number): void => {
  for (let c = 0; c < 3; c++) rgb[at + c] += Math.round((colour[c] - rgb[at + c]) * share)
}

/** Paints empty glass: nearly white, unevenly lit, with camera noise. */
export function paintGlass(rgb: Uint8Array, side: number, rng: Random): void {
  const light = rng.between(205, 250)
  const tint = [0, 1, 2].map(() => rng.between(-6, 6))
  const [slopeX, slopeY] = [rng.between(-8, 8) / side, rng.between(-8, 8) / side]
  const noise = rng.between(0.5, 3)
  for (let y = 0, at = 0; y < side; y++)
    for (let x = 0; x < side; x++, at += 3) {
      const here = light + slopeX * x + slopeY * y + noise * rng.normal()
      for (let c = 0; c < 3; c++) rgb[at + c] = Math.min(Math.max(here + tint[c], 0), 255)
    }
}

/** Paints specks and fibres: small, dark, sharp or out of focus. */
export function paintDust(rgb: Uint8Array, side: number, rng: Random): void {
  for (let left = 1 + rng.below(6); left > 0; left--) {
    const dark = rng.between(20, 150)
    const colour: Colour = [dark + rng.between(-20, 40), dark + rng.between(-20, 20), dark + rng.between(-20, 40)]
    if (rng.next() < 0.4) paintBand(rgb, band(side, rng, rng.between(0.6, 2.5), rng.between(0.5, 2)), colour, 0.8)
    else paintSpot(rgb, side, spot(side, rng, rng.between(0.8, 7)), colour, rng.between(0.4, 1), rng.between(0.15, 0.8))
  }
}

const penColours: readonly Colour[] = [
  [25, 25, 35],
  [20, 40, 140],
  [15, 110, 70],
  [170, 25, 35],
  [90, 30, 120],
]

/**
 * Paints a pen stroke, more or less opaque.
 * @returns the output cells under it, and whether it hides what is under it
 */
export function paintPen(rgb: Uint8Array, side: number, rng: Random): { cells: Uint8Array; hides: boolean } {
  const stroke = band(side, rng, rng.between(6, 60), rng.between(1, 6))
  const opacity = rng.between(0.45, 1)
  const base = penColours[rng.below(penColours.length)]
  const colour: Colour = [0, 1, 2].map((c) => base[c] + rng.between(-15, 30)) as unknown as Colour
  paintBand(rgb, stroke, colour, opacity)
  return { cells: cellsOf(stroke, side), hides: opacity > 0.85 }
}

/**
 * Paints a fold: along a band, tissue lies on tissue and the optical densities of both add up.
 * @returns the output cells in it
 */
export function paintFold(rgb: Uint8Array, side: number, rng: Random): Uint8Array {
  const fold = band(side, rng, rng.between(8, 40), rng.between(1, 5))
  const [dx, dy] = [rng.below(40) - 20, rng.below(40) - 20]
  const other = rgb.slice()
  const layers = rng.between(1, 1.6)
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      if (fold[i] === 0) continue
      const u = Math.min(Math.max(x + dx, 0), side - 1)
      const from = 3 * (Math.min(Math.max(y + dy, 0), side - 1) * side + u)
      for (let c = 0; c < 3; c++) rgb[3 * i + c] *= (other[from + c] / 255) ** (layers * fold[i])
    }
  return cellsOf(fold, side)
}

/** Paints red cells on glass, alone or in clusters: orange to pink discs without a nucleus. */
export function paintRedCells(rgb: Uint8Array, side: number, rng: Random): void {
  const base: Colour = [rng.between(190, 240), rng.between(80, 150), rng.between(80, 160)]
  const radius = rng.between(4.5, 7.5)
  const heaps = 1 + rng.below(4)
  for (let heap = 0; heap < heaps; heap++) {
    const [cx, cy] = [rng.between(0, side), rng.between(0, side)]
    const spread = rng.between(4, 50)
    for (let left = 1 + rng.below(40); left > 0; left--) {
      const place = { x: cx + spread * rng.normal(), y: cy + spread * rng.normal() }
      const shape = {
        ...place,
        radius: radius * rng.between(0.85, 1.15),
        aspect: rng.between(0.8, 1),
        angle: rng.next() * Math.PI,
      }
      const colour: Colour = [0, 1, 2].map((c) => base[c] + rng.between(-12, 12)) as unknown as Colour
      if (isGlass(rgb, side, place))
        paintSpot(rgb, side, shape, colour, rng.between(0.6, 0.95), 0.15, rng.between(0, 0.5))
    }
  }
}

function isGlass(rgb: Uint8Array, side: number, { x, y }: { x: number; y: number }): boolean {
  const [u, v] = [Math.floor(x), Math.floor(y)]
  if (u < 0 || v < 0 || u >= side || v >= side) return false
  const at = 3 * (v * side + u)
  return Math.min(rgb[at], rgb[at + 1], rgb[at + 2]) > 185
}

interface Spot {
  readonly x: number
  readonly y: number
  readonly radius: number
  /** Shorter axis ÷ longer axis. */
  readonly aspect: number
  readonly angle: number
}

const spot = (side: number, rng: Random, radius: number): Spot => ({
  x: rng.between(0, side),
  y: rng.between(0, side),
  radius,
  aspect: rng.between(0.4, 1),
  angle: rng.next() * Math.PI,
})

/**
 * Paints an elliptical spot.
 * @param edge share of the radius over which it fades
 * @param paler how much paler its centre is
 */
function paintSpot(rgb: Uint8Array, side: number, at: Spot, colour: Colour, opacity: number, edge: number, paler = 0) {
  const { x, y, radius, aspect, angle } = at
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  for (let v = Math.max(Math.floor(y - radius), 0); v <= Math.min(y + radius, side - 1); v++)
    for (let u = Math.max(Math.floor(x - radius), 0); u <= Math.min(x + radius, side - 1); u++) {
      const [dx, dy] = [u + 0.5 - x, v + 0.5 - y]
      const r = Math.hypot(c * dx + s * dy, (c * dy - s * dx) / aspect) / radius
      if (r >= 1) continue
      const share = opacity * Math.min((1 - r) / edge, 1) * (1 - paler * Math.max(1 - 2 * r, 0))
      mixInto(rgb, 3 * (v * side + u), colour, share)
    }
}

/**
 * Returns a curved band across the crop: 1 for pixels within `half` pixels of its centre line, falling to 0 over `edge`
 * more.
 */
function band(side: number, rng: Random, half: number, edge: number): Float32Array {
  const point = () => [rng.between(-0.2, 1.2) * side, rng.between(-0.2, 1.2) * side] as const
  const [a, b, c] = [point(), point(), point()]
  const steps = 12
  const line = Array.from({ length: steps + 1 }, (_, i) => {
    const t = i / steps
    return [0, 1].map((k) => (1 - t) ** 2 * a[k] + 2 * t * (1 - t) * b[k] + t * t * c[k])
  })
  const shares = new Float32Array(side * side)
  const far = half + edge
  for (let i = 0; i < steps; i++) {
    const [[ax, ay], [bx, by]] = [line[i], line[i + 1]]
    const [dx, dy] = [bx - ax, by - ay]
    const squared = dx * dx + dy * dy || 1
    const range = (p: number, q: number) => [
      Math.max(Math.floor(Math.min(p, q) - far), 0),
      Math.min(Math.ceil(Math.max(p, q) + far), side - 1),
    ]
    const [left, right] = range(ax, bx)
    const [top, bottom] = range(ay, by)
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        const t = Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / squared, 0), 1)
        const share = Math.min(Math.max((far - Math.hypot(x - ax - t * dx, y - ay - t * dy)) / edge, 0), 1)
        if (share > shares[y * side + x]) shares[y * side + x] = share
      }
  }
  return shares
}

function paintBand(rgb: Uint8Array, shares: Float32Array, colour: Colour, opacity: number): void {
  for (let i = 0; i < shares.length; i++) if (shares[i] > 0) mixInto(rgb, 3 * i, colour, opacity * shares[i])
}

/** Returns the output cells that a band touches. */
function cellsOf(shares: Float32Array, side: number): Uint8Array {
  const n = side / cellSize
  const cells = new Uint8Array(n * n)
  for (let i = 0; i < shares.length; i++)
    if (shares[i] > 0.2) cells[Math.floor(Math.floor(i / side) / cellSize) * n + Math.floor((i % side) / cellSize)] = 1
  return cells
}

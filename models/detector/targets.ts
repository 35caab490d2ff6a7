import { boxWithin, polygonMask } from '../geometry/polygonMask.ts'
import { cellSize } from './config.ts'

/** A nucleus of a crop, in crop pixels; a pixel's centre is at +0.5. */
export interface TargetNucleus {
  readonly x: number
  readonly y: number
  /** Outline, flat x, y; absent if only the position is known (a dot). */
  readonly ring?: ArrayLike<number>
}

/** What the network should predict for a crop of side S; each map is [n, n] with n = S / cellSize. */
export interface DetectorTargets {
  /** 1 in the cells that hold a centre */
  readonly positive: Float32Array<ArrayBuffer>
  /** (1 − g)⁴, where g is a Gaussian around each centre; 0 at centres and where nothing is known */
  readonly negative: Float32Array<ArrayBuffer>
  /** Share of the cell that lies inside nuclei. Where two nuclei touch, their common border counts as outside. */
  readonly inside: Float32Array<ArrayBuffer>
  /** 1 where `inside` is known */
  readonly known: Float32Array<ArrayBuffer>
  /** Number of cells in `positive` that are 1. */
  readonly centres: number
  /** Number of cells in `known` that are 1. */
  readonly knownCells: number
}

/** What is known of a crop besides its nuclei. */
export interface Knowledge {
  /** Outlines of objects that are nuclei, but perhaps several or a part of one, flat x, y. They have no centre. */
  readonly clumps?: readonly ArrayLike<number>[]
  /** [n, n]: 1 where it is unknown whether there is a nucleus; default: nowhere */
  readonly unknown?: Uint8Array
  /** Whether all nuclei have outlines. If not, nothing is known of what lies inside them. */
  readonly isOutlined: boolean
}

/** Deviation of the Gaussian around a centre, in cells: 1.5 µm, by which annotators differ. */
const centreDeviation = 1.5
const reach = 4 * centreDeviation

/**
 * Returns CenterNet's heat map of centres (Zhou et al. 2019, "Objects as Points") and what lies inside nuclei (as U-Net
 * learns it, with borders between touching objects; Ronneberger et al. 2015).
 */
export function detectorTargets(
  nuclei: readonly TargetNucleus[],
  side: number,
  { clumps = [], unknown, isOutlined }: Knowledge,
): DetectorTargets {
  const n = side / cellSize
  const heat = new Float32Array(n * n)
  const positive = new Float32Array(n * n)
  let centres = 0
  for (const { x, y } of nuclei) {
    const column = Math.floor(x / cellSize)
    const row = Math.floor(y / cellSize)
    for (let v = Math.max(row - reach, 0); v <= Math.min(row + reach, n - 1); v++)
      for (let u = Math.max(column - reach, 0); u <= Math.min(column + reach, n - 1); u++) {
        const [dx, dy] = [u + 0.5 - x / cellSize, v + 0.5 - y / cellSize]
        const g = Math.exp(-(dx ** 2 + dy ** 2) / (2 * centreDeviation ** 2))
        if (g > heat[v * n + u]) heat[v * n + u] = g
      }
    if (column < 0 || row < 0 || column >= n || row >= n) continue
    if (positive[row * n + column] === 0) centres++
    positive[row * n + column] = 1
  }
  const inClumps = insideOf(clumps, side)
  const negative = heat
  for (let i = 0; i < heat.length; i++) {
    const isOpen = positive[i] === 1 || inClumps[i] > 0 || unknown?.[i] === 1
    negative[i] = isOpen ? 0 : (1 - heat[i]) ** 4
  }
  const rings = [...clumps, ...nuclei.flatMap(({ ring }) => (ring ? [ring] : []))]
  const known = Float32Array.from({ length: n * n }, (_, i) => (isOutlined && !unknown?.[i] ? 1 : 0))
  const knownCells = known.reduce((sum, one) => sum + one, 0)
  return { positive, negative, inside: insideOf(rings, side), known, centres, knownCells }
}

/** Returns the share of each cell [n, n] that lies inside a ring, without pixels at the border between two rings. */
function insideOf(rings: readonly ArrayLike<number>[], side: number): Float32Array<ArrayBuffer> {
  const owner = new Uint16Array(side * side)
  rings.forEach((ring, k) => {
    const box = boxWithin(ring, side, side)
    if (box.width <= 0 || box.height <= 0) return
    const mask = polygonMask(ring, box)
    for (let v = 0, m = 0; v < box.height; v++)
      for (let u = 0; u < box.width; u++, m++) if (mask[m]) owner[(box.y + v) * side + box.x + u] = k + 1
  })
  const n = side / cellSize
  const shares = new Float32Array(n * n)
  const meets = (own: number, at: number) => owner[at] !== 0 && owner[at] !== own
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const own = owner[i]
      if (own === 0) continue
      const isBorder =
        (x > 0 && meets(own, i - 1)) ||
        (x < side - 1 && meets(own, i + 1)) ||
        (y > 0 && meets(own, i - side)) ||
        (y < side - 1 && meets(own, i + side))
      if (!isBorder) shares[Math.floor(y / cellSize) * n + Math.floor(x / cellSize)] += 1 / cellSize ** 2
    }
  return shares
}

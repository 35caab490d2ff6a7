import { rgb } from './palette.ts'

/** Red-blind and green-blind vision: together some 2 % of men (8 % with the weaker forms). */
export const deficiencies = ['protanopia', 'deuteranopia'] as const
export type Deficiency = (typeof deficiencies)[number]

/**
 * Two colours closer than this (CIE 1976 ΔE*ab) are hard to tell apart as thin lines on stained tissue. A difference of
 * about 2.3 is just noticeable side by side; small marks far apart need about five times that.
 */
export const tooClose = 12

/**
 * Simulation in linear RGB: Viénot, Brettel & Mollon (1999), "Digital video colourmaps for checking the legibility".
 */
const simulation: Record<Deficiency, readonly [number, number, number][]> = {
  protanopia: [
    [0.11238, 0.88762, 0],
    [0.11238, 0.88762, 0],
    [0.00401, -0.00401, 1],
  ],
  deuteranopia: [
    [0.29275, 0.70725, 0],
    [0.29275, 0.70725, 0],
    [-0.02234, 0.02234, 1],
  ],
}

/** Returns a colour (#rrggbb) as a person with this deficiency sees it, in linear RGB, 0 … 1. null: normal vision. */
export function seenAs(color: string, deficiency: Deficiency | null): [number, number, number] {
  const linear = rgb(color).map(linearised)
  if (!deficiency) return [linear[0], linear[1], linear[2]]
  const [r, g, b] = simulation[deficiency].map((row) => row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2])
  return [r, g, b]
}

/** Returns ΔE*ab between two colours (#rrggbb) as seen with a deficiency, or with normal vision (null). */
export function difference(a: string, b: string, deficiency: Deficiency | null): number {
  const [p, q] = [lab(seenAs(a, deficiency)), lab(seenAs(b, deficiency))]
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2])
}

export interface Confusable {
  readonly first: string
  readonly second: string
  /** null: hard to tell apart for everybody. */
  readonly deficiency: Deficiency | null
  readonly difference: number
}

/**
 * Returns the pairs of classes whose colours are closer than `tooClose` with normal vision or a deficiency, closest
 * first and each pair once.
 */
export function confusable(classes: readonly { readonly name: string; readonly color: string }[]): Confusable[] {
  const found: Confusable[] = []
  classes.forEach((first, i) => {
    for (const second of classes.slice(i + 1)) {
      const seen = [null, ...deficiencies].map((deficiency) => ({
        first: first.name,
        second: second.name,
        deficiency,
        difference: difference(first.color, second.color, deficiency),
      }))
      const closest = seen[0].difference < tooClose ? seen[0] : seen.sort((a, b) => a.difference - b.difference)[0]
      if (closest.difference < tooClose) found.push(closest)
    }
  })
  return found.sort((a, b) => a.difference - b.difference)
}

/** sRGB transfer function (IEC 61966-2-1): 0 … 255 → linear 0 … 1. */
function linearised(value: number): number {
  const v = value / 255
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
}

/** Converts linear sRGB to CIE L*a*b* under D65. */
function lab([r, g, b]: readonly [number, number, number]): [number, number, number] {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116)
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505)
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b)
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

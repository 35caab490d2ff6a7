import { gradientNoise, smoothstep, type Noise } from './noise.ts'
import { random as seededRandom, type Random } from '../../models/nn/random.ts'

/** A closed curve, given by its distance from a centre in every direction. */
export interface Blob {
  readonly x: number
  readonly y: number
  /** Radius in px by angle, one entry per 1/1024 turn. */
  readonly radius: Float32Array
  /** Largest radius. */
  readonly reach: number
}
export interface Gland extends Blob {
  /** Height of the epithelium, px. */
  readonly thickness: number
  /** Whether the nuclei are in more than one row. */
  readonly stratified: boolean
}
/** A small vessel: the inner edge of its wall. */
export type Vessel = Blob

/** Positions of all tissue structures. All lengths in px of 0.25 µm. */
export interface Tissue {
  readonly width: number
  readonly height: number
  readonly glands: readonly Gland[]
  readonly aggregates: readonly Blob[]
  readonly vessels: readonly Vessel[]
  /** 1 in tissue, 0 on glass. */
  cover(x: number, y: number): number
}

const turns = 1024
export const radiusTowards = (blob: Blob, dx: number, dy: number): number =>
  blob.radius[Math.floor((Math.atan2(dy, dx) / (2 * Math.PI) + 1) * turns) & (turns - 1)]

function blob(
  random: Random,
  noise: Noise,
  x: number,
  y: number,
  size: number,
  stretch: number,
  waviness: number,
): Blob {
  const tilt = random.between(0, Math.PI)
  const offset = random.between(0, 200)
  const long = size * Math.sqrt(stretch)
  const short = size / Math.sqrt(stretch)
  const radius = Float32Array.from({ length: turns }, (_, k) => {
    const angle = (2 * Math.PI * k) / turns
    const ellipse = (long * short) / Math.hypot(short * Math.cos(angle - tilt), long * Math.sin(angle - tilt))
    const wave = noise(offset + 1.3 * Math.cos(angle), offset + 1.3 * Math.sin(angle))
    return ellipse * (1 + waviness * wave)
  })
  return { x, y, radius, reach: radius.reduce((a, b) => Math.max(a, b)) }
}

/**
 * Places blobs at random until there are `wanted`, apart from each other and from `others`, or too many attempts
 * failed.
 */
function scatter<B extends Blob>(
  random: Random,
  size: { width: number; height: number },
  wanted: number,
  others: readonly Blob[],
  gap: number,
  make: (x: number, y: number) => B,
): B[] {
  const placed: B[] = []
  for (let attempt = 0; attempt < 60 * wanted && placed.length < wanted; attempt++) {
    const candidate = make(random.between(0, size.width), random.between(0.12 * size.height, size.height))
    const clear = [...others, ...placed].every((other) => {
      const dx = candidate.x - other.x
      const dy = candidate.y - other.y
      return Math.hypot(dx, dy) > radiusTowards(other, dx, dy) + radiusTowards(candidate, -dx, -dy) + gap
    })
    if (clear) placed.push(candidate)
  }
  return placed
}

/** Lays out mucosa: glands, lymphoid aggregates and small vessels in stroma, with glass above an irregular edge. */
export function layOutTissue(width: number, height: number, seed: number): Tissue {
  const random = seededRandom(seed)
  const noise = gradientNoise(seed + 1)
  const size = { width, height }
  const share = (width * height) / (2560 * 1920)
  const scaledCount = (count: number) => Math.max(1, Math.round(count * share))

  const aggregates = scatter(random, size, scaledCount(2), [], 250, (x, y) =>
    blob(random, noise, x, y, random.between(200, 260), random.between(1, 1.5), 0.4),
  )
  const glands = scatter(random, size, scaledCount(13), aggregates, 34, (x, y): Gland => {
    const outline = blob(random, noise, x, y, random.between(160, 250), random.between(1, 1.9), 0.16)
    return { ...outline, thickness: random.between(70, 94), stratified: random.next() < 0.6 }
  })
  const vessels = scatter(random, size, scaledCount(5), [...glands, ...aggregates], 35, (x, y) =>
    blob(random, noise, x, y, random.between(24, 46), random.between(1, 2), 0.12),
  )
  const edge = Float32Array.from(
    { length: width },
    (_, x) => 0.075 * height + 45 * noise(x / 420, 7.5) + 14 * noise(x / 90, 3.5) + 4 * noise(x / 17, 1.5),
  )
  const cover = (x: number, y: number) => {
    const at = edge[Math.min(width - 1, Math.max(0, Math.floor(x)))]
    return smoothstep(at - 3, at + 3, y)
  }
  return { width, height, glands, aggregates, vessels, cover }
}

import type { Random } from '../../models/nn/random.ts'

/**
 * A nucleus as a smooth closed curve: an ellipse that is wavy, tapered towards its ends and bent. All lengths in px.
 */
export interface ShapeForm {
  readonly x: number
  readonly y: number
  /** Direction of the long axis, radians. */
  readonly angle: number
  /** Half axes. */
  readonly a: number
  readonly b: number
  /** 0: ellipse; towards 1: pointed ends. */
  readonly taper: number
  /** Sideways shift at the ends, in units of b. */
  readonly bend: number
  /** Amplitude and phase of waves 2, 3, 4 … on the radius. */
  readonly waves: readonly (readonly [number, number])[]
}

/** A form with precomputed values that every pixel needs. */
export interface NucleusShape extends ShapeForm {
  readonly cos: number
  readonly sin: number
  /** Radius by angle before bending and tapering, relative to the ellipse; `steps` entries per turn. */
  readonly radius: Float32Array
  readonly largest: number
}

const steps = 256

export function nucleusShape(form: ShapeForm): NucleusShape {
  const radius = Float32Array.from({ length: steps }, (_, i) =>
    form.waves.reduce(
      (r, [amplitude, phase], k) => r + amplitude * Math.cos(((k + 2) * 2 * Math.PI * i) / steps + phase),
      1,
    ),
  )
  const largest = radius.reduce((a, b) => Math.max(a, b))
  return { ...form, cos: Math.cos(form.angle), sin: Math.sin(form.angle), radius, largest }
}

/** Random waves with `amplitude` as a share of the radius; shorter waves are weaker. */
export const randomWaves = (random: Random, amplitude: number, count = 4): [number, number][] =>
  Array.from({ length: count }, (_, k) => [
    (amplitude * random.normal()) / (1 + 0.5 * k),
    random.between(0, 2 * Math.PI),
  ])

const radiusAt = (shape: NucleusShape, phi: number): number => {
  const at = (phi / (2 * Math.PI) + 1) * steps
  const k = Math.floor(at)
  return (
    shape.radius[k & (steps - 1)] + (at - k) * (shape.radius[(k + 1) & (steps - 1)] - shape.radius[k & (steps - 1)])
  )
}
const widthAt = (shape: NucleusShape, along: number) => shape.b * Math.max(0.15, 1 - shape.taper * along * along)

/** Returns the outline as flat x, y with `points` points. It is where `visitPixels` gives rho = 1. */
export function outlineOf(shape: NucleusShape, points = 36): number[] {
  const flat: number[] = []
  for (let k = 0; k < points; k++) {
    const phi = (2 * Math.PI * k) / points
    const r = radiusAt(shape, phi)
    const along = r * Math.cos(phi)
    const u = along * shape.a
    const v = r * Math.sin(phi) * widthAt(shape, along) + shape.bend * shape.b * along * along
    flat.push(shape.x + u * shape.cos - v * shape.sin, shape.y + u * shape.sin + v * shape.cos)
  }
  return flat
}

/**
 * Visits every whole pixel with rho ≤ `limit`. rho is 0 at the centre, 1 on the outline and above 1 outside. `u` and
 * `v` are the positions along and across the long axis with the bend removed, in px. Stops if `visit` returns false.
 */
export function visitPixels(
  shape: NucleusShape,
  limit: number,
  visit: (x: number, y: number, rho: number, u: number, v: number) => boolean | void,
): void {
  const { a, b, bend, cos, sin } = shape
  const far = limit * shape.largest
  const halfU = a * far
  const halfV = b * far + Math.abs(bend) * b * far * far
  const halfX = halfU * Math.abs(cos) + halfV * Math.abs(sin)
  const halfY = halfU * Math.abs(sin) + halfV * Math.abs(cos)
  for (let y = Math.floor(shape.y - halfY); y <= shape.y + halfY; y++)
    for (let x = Math.floor(shape.x - halfX); x <= shape.x + halfX; x++) {
      const u = (x - shape.x) * cos + (y - shape.y) * sin
      const along = u / a
      if (Math.abs(along) > far) continue
      const v = (y - shape.y) * cos - (x - shape.x) * sin - bend * b * along * along
      const across = v / widthAt(shape, along)
      const squared = along * along + across * across
      if (squared > far * far) continue
      const rho = Math.sqrt(squared) / radiusAt(shape, Math.atan2(across, along))
      if (rho <= limit && visit(x, y, rho, u, v) === false) return
    }
}

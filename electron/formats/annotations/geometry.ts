import type { LeftOut } from '../../contract/index.ts'

/** The reason why a geometry has no outline, and the number of nuclei that are lost by it. */
export interface NoOutline {
  readonly reason: LeftOut
  readonly count: number
}
/** Flat list x, y, x, y … */
export type Ring = number[] | Float64Array

export interface OuterRing {
  /** Flat list x, y, x, y …; the first point is not repeated at the end. */
  readonly ring: Ring
  readonly holes: number
  /** Number of the geometry's other parts, which are left out. */
  readonly otherParts: number
}

/** The coordinates of a polygon whose first ring was read as a flat list of numbers. */
export class FlatRings {
  readonly ring: Float64Array
  /** Number of all rings. */
  readonly count: number
  constructor(ring: Float64Array, count: number) {
    this.ring = ring
    this.count = count
  }
}

/** Collections within collections are followed this deep. No tool nests them; a damaged file may. */
const deepest = 20

const noOutline = (reason: LeftOut, count = 1): NoOutline => ({ reason, count })
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

/** Returns twice the signed area of a flat ring. Coordinates relative to the first point keep it precise. */
function twiceArea(ring: ArrayLike<number>): number {
  let sum = 0
  const [x0, y0] = [ring[0], ring[1]]
  for (let k = 2; k + 3 < ring.length; k += 2)
    sum += (ring[k] - x0) * (ring[k + 3] - y0) - (ring[k + 2] - x0) * (ring[k + 1] - y0)
  return sum
}

/** Returns a GeoJSON ring as a flat list without the repeated points at its end, or the reason why it is no outline. */
function openRing(points: unknown): number[] | NoOutline {
  if (!Array.isArray(points)) return noOutline('noCoordinates')
  const ring: number[] = []
  for (const point of points as unknown[]) {
    if (!Array.isArray(point)) return noOutline('notNumbers')
    const [x, y] = point as unknown[]
    if (typeof x !== 'number' || typeof y !== 'number') return noOutline('notNumbers')
    ring.push(x, y)
  }
  return ringOf(ring)
}

/**
 * Returns a flat list of points (x, y, …) as a ring without the repeated points at its end, or the reason why it is no
 * outline. Whether it crosses itself is checked later, for every format alike.
 */
export function ringOf<R extends Ring>(ring: R): R | NoOutline {
  for (let k = 0; k < ring.length; k++) if (!Number.isFinite(ring[k])) return noOutline('notNumbers')
  let n = ring.length
  while (n > 2 && ring[n - 2] === ring[0] && ring[n - 1] === ring[1]) n -= 2
  if (n < 6) return noOutline('tooFewPoints')
  if (n === ring.length) return ring
  return (Array.isArray(ring) ? ring.slice(0, n) : ring.subarray(0, n)) as R
}

/** Returns a flat list of points as the outline of a nucleus without holes, or the reason why it is none. */
export function outlineOf(points: number[]): OuterRing | NoOutline {
  const ring = ringOf(points)
  return Array.isArray(ring) ? { ring, holes: 0, otherParts: 0 } : ring
}

/**
 * Returns the outline of a nucleus from a GeoJSON geometry: the outer ring of a Polygon, or of the largest part of a
 * MultiPolygon or GeometryCollection. If there is none, returns the reason.
 */
export function outerRing(geometry: unknown, depth = 0): OuterRing | NoOutline {
  if (!isObject(geometry)) return noOutline('noGeometry')
  if (depth > deepest) return noOutline('unknownGeometry')
  const coordinates = geometry.coordinates
  switch (geometry.type) {
    case 'Polygon': {
      if (coordinates instanceof FlatRings) {
        const flat = ringOf(coordinates.ring)
        return 'reason' in flat ? flat : { ring: flat, holes: coordinates.count - 1, otherParts: 0 }
      }
      const rings = Array.isArray(coordinates) ? (coordinates as unknown[]) : []
      const ring = openRing(rings[0])
      return Array.isArray(ring) ? { ring, holes: rings.length - 1, otherParts: 0 } : ring
    }
    case 'MultiPolygon': {
      const parts = Array.isArray(coordinates) ? (coordinates as unknown[]) : []
      return largest(parts.map((part) => outerRing({ type: 'Polygon', coordinates: part })))
    }
    case 'GeometryCollection': {
      const parts = Array.isArray(geometry.geometries) ? (geometry.geometries as unknown[]) : []
      return largest(parts.map((part) => outerRing(part, depth + 1)))
    }
    case 'Point':
      return noOutline('points')
    case 'MultiPoint':
      return noOutline('points', Array.isArray(coordinates) ? coordinates.length : 1)
    case 'LineString':
    case 'MultiLineString':
      return noOutline('lines')
    default:
      return noOutline('unknownGeometry')
  }
}

/** Returns the largest of several parts of one nucleus; the others are counted. */
export function largest(parts: (OuterRing | NoOutline)[]): OuterRing | NoOutline {
  let best: OuterRing | undefined
  for (const part of parts)
    if ('ring' in part && (!best || Math.abs(twiceArea(part.ring)) > Math.abs(twiceArea(best.ring)))) best = part
  if (!best) return parts.find((part) => 'reason' in part) ?? noOutline('noCoordinates')
  return { ...best, otherParts: parts.length - 1 }
}

import { intersection, setPrecision, union, type Geom } from 'polyclip-ts'
import { FailureError, message } from '../../contract/index.ts'
import { convexHull, polygonArea } from '../../../models/geometry/hull.ts'

/** Smallest area that a cut may leave, level-0 pixels². No visible nucleus is smaller. */
const smallestPiece = 4
/** Widest gap between outlines that a union closes, level-0 pixels. */
const mostGap = 4
/** Facing edges are bridged where their distance is at most this much above their smallest distance, level-0 pixels. */
const slack = 1
/**
 * How far a bridge that ends within an edge reaches into the nucleus, level-0 pixels. Finer than the stored precision.
 */
const overlap = 0.005

// Without this, crossings differ in the 20th decimal, and some rings could not be closed. 1e-13 is far finer than
// float64 at a slide's coordinates, so no vertex moves.
setPrecision(1e-13)

type Point = [number, number]
type Ring = Point[]
type Edge = readonly [Point, Point]

/**
 * Cuts a polygon along the line through two points. Returns the pieces on one side, then those on the other. Pieces
 * below `smallestPiece` are dropped. Vertices off the line do not change. Throws FailureError 'invalid-input' if the
 * line does not cut the polygon.
 */
export function cutAlong(
  outline: Float64Array,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): Float64Array[] {
  const ring = toRing(outline)
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)]
  const [left, top] = [Math.min(...xs), Math.min(...ys)]
  const size = Math.max(...xs) - left + (Math.max(...ys) - top)
  const length = Math.hypot(x2 - x1, y2 - y1)
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length]
  // The middle of the cut: the point of the line that is nearest to the top left corner of the polygon's bounding box.
  const along = (left - x1) * dx + (top - y1) * dy
  const at = (forth: number, aside: number): Point => [
    x1 + (along + forth) * dx - aside * dy,
    y1 + (along + forth) * dy + aside * dx,
  ]
  const far = 2 * size
  const sides = [far, -far].map((aside) => {
    if (!(length > 0) || ring.length < 3) return []
    const half: Ring = [at(-far, 0), at(far, 0), at(far, aside), at(-far, aside)]
    return intersection([ring], [half])
      .map(([outer]) => fromRing(withVertices(opened(outer), [ring])))
      .filter((piece) => polygonArea(piece) >= smallestPiece)
  })
  if (sides.some((pieces) => pieces.length === 0)) throw new FailureError('invalid-input', message('notCut'))
  return sides.flat()
}

/**
 * Returns one outline around several that touch or nearly touch. Vertices away from the contact stay bit-identical.
 * Gaps of up to `mostGap` are filled between the edges that face each other. Enclosed holes are filled too, because a
 * nucleus has a single outline. Self-crossing outlines follow the even–odd rule, as on the screen. Throws FailureError
 * 'invalid-input' if the outlines are apart.
 */
export function unionOf(outlines: readonly Float64Array[]): Float64Array {
  // Imported nuclei may have only a box.
  const rings = outlines.map(toRing).filter((ring) => ring.length > 2)
  const apart = outersOf(rings)
  // A second union without the holes: a ring inside a hole is part of the ring around it.
  const parts = apart.length > 1 ? outersOf(apart) : apart
  const bridges = parts.flatMap((a, i) => parts.slice(i + 1).flatMap((b) => bridgesBetween(a, b)))
  const joined = bridges.length > 0 ? outersOf([...parts, ...bridges]) : parts
  if (joined.length !== 1) throw new FailureError('invalid-input', message('notTouching'))
  return fromRing(withVertices(joined[0], rings))
}

/** Returns the outer rings of a union. */
function outersOf(rings: readonly Ring[]): Ring[] {
  const [first, ...others] = rings.map<Geom>((ring) => [ring])
  return union(first ?? [], ...others).map(([outer]) => opened(outer))
}

/** Returns polygons that close the gap between two rings. Each joins an edge and the nearest edge of the other ring. */
function bridgesBetween(a: Ring, b: Ring): Ring[] {
  const near = (ring: Ring, other: Ring) => {
    const [x0, y0, x1, y1] = boundsOf(other)
    return edgesOf(ring).filter(
      ([[px, py], [qx, qy]]) =>
        Math.max(px, qx) >= x0 - mostGap &&
        Math.min(px, qx) <= x1 + mostGap &&
        Math.max(py, qy) >= y0 - mostGap &&
        Math.min(py, qy) <= y1 + mostGap,
    )
  }
  // From the side with more edges: the gap is then closed all along, and every bridge costs time.
  const [from, to] = near(a, b).length >= near(b, a).length ? [a, b] : [b, a]
  const [turnFrom, turnTo] = [turnOf(from), turnOf(to)]
  const candidates = near(to, from)
  return near(from, to).flatMap((edge) => {
    const other = nearestTo(edge, candidates)
    if (!other) return []
    const points = [...facing(edge, other, turnFrom), ...facing(other, edge, turnTo)]
    return [toRing(convexHull(Float64Array.from(points.flat())))]
  })
}

/** Returns the edge nearest to `edge`; undefined if none is within the gap. */
function nearestTo(edge: Edge, edges: readonly Edge[]): Edge | undefined {
  let nearest: Edge | undefined
  let least = mostGap
  for (const other of edges) {
    const distance = distanceBetween(edge, other)
    if (distance <= least) [nearest, least] = [other, distance]
  }
  return nearest
}

/**
 * Returns the ends of the part of `edge` that is near enough to `other` (see `slack`). Ends that are vertices are
 * unchanged; others are moved just inside the nucleus.
 */
function facing(edge: Edge, other: Edge, turn: number): Point[] {
  const [[px, py], [qx, qy]] = edge
  const length = Math.hypot(qx - px, qy - py)
  const at = (t: number): Point => [px + t * (qx - px), py + t * (qy - py)]
  const inside = (t: number): Point => {
    if (t === 0 || t === 1) return edge[t]
    const [x, y] = at(t)
    return [x - (turn * overlap * (qy - py)) / length, y + (turn * overlap * (qx - px)) / length]
  }
  const reach = distanceBetween(edge, other) + slack
  const isNear = (t: number) => distanceTo(at(t), other) <= reach
  // The distance to a segment is convex along the edge, so it is monotonic on either side of a point within reach.
  const middle = [0, 1, ...other.map((point) => placeOn(point, edge))].reduce((s, t) =>
    distanceTo(at(t), other) < distanceTo(at(s), other) ? t : s,
  )
  const end = (to: 0 | 1) => {
    if (isNear(to)) return inside(to)
    let [near, far] = [middle, to as number]
    for (let step = 0; step < 40; step++) {
      const half = (near + far) / 2
      if (isNear(half)) near = half
      else far = half
    }
    return inside(near)
  }
  return [end(0), end(1)]
}

/** Returns the position of the point of an edge that is nearest to `[x, y]`: 0 at its first end, 1 at its second. */
function placeOn([x, y]: Point, [[px, py], [qx, qy]]: Edge): number {
  const t = ((x - px) * (qx - px) + (y - py) * (qy - py)) / ((qx - px) ** 2 + (qy - py) ** 2)
  return Math.min(1, Math.max(0, t))
}

/** Returns the distance between two edges that do not cross. */
const distanceBetween = (a: Edge, b: Edge): number =>
  Math.min(distanceTo(a[0], b), distanceTo(a[1], b), distanceTo(b[0], a), distanceTo(b[1], a))

function distanceTo(point: Point, edge: Edge): number {
  const t = placeOn(point, edge)
  const [[px, py], [qx, qy]] = edge
  return Math.hypot(point[0] - px - t * (qx - px), point[1] - py - t * (qy - py))
}

/** Adds back the vertices of `before` that lie on the edges of a ring: polyclip-ts drops those on a straight line. */
function withVertices(ring: Ring, before: readonly Ring[]): Ring {
  const key = ([x, y]: Point) => `${x},${y}`
  const kept = new Set(ring.map(key))
  const lost = new Map(before.flat().map((point) => [key(point), point]))
  for (const name of kept) lost.delete(name)
  return edgesOf(ring).flatMap((edge) => {
    const [[px, py], [qx, qy]] = edge
    const on = [...lost.values()].filter(
      ([x, y]) =>
        x >= Math.min(px, qx) &&
        x <= Math.max(px, qx) &&
        y >= Math.min(py, qy) &&
        y <= Math.max(py, qy) &&
        distanceTo([x, y], edge) < 1e-9,
    )
    return [edge[0], ...on.sort((a, b) => placeOn(a, edge) - placeOn(b, edge))]
  })
}

const edgesOf = (ring: Ring): Edge[] => ring.map((point, k) => [point, ring[(k + 1) % ring.length]])

/** Returns 1 if the interior is to the left of the edges with the y axis pointing up, else −1. */
function turnOf(ring: Ring): number {
  return Math.sign(edgesOf(ring).reduce((sum, [[px, py], [qx, qy]]) => sum + px * qy - qx * py, 0))
}

function boundsOf(ring: Ring): [number, number, number, number] {
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)]
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

const toRing = (outline: Float64Array): Ring =>
  Array.from({ length: outline.length / 2 }, (_, k) => [outline[2 * k], outline[2 * k + 1]])
const fromRing = (ring: Ring): Float64Array => Float64Array.from(ring.flat())
/** Removes the last point, which repeats the first. */
const opened = (ring: Ring): Ring => ring.slice(0, -1)

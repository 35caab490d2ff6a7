import { intersection, setPrecision, union, type Geom } from 'polyclip-ts'
import { FailureError, tell } from '../../contract/index.ts'
import { convexHull, polygonArea } from '../../../models/detector/hull.ts'

/** Smallest area that a cut may leave, level-0 pixels². No visible nucleus is smaller. */
const smallestPiece = 4
/** Gaps up to this many level-0 pixels between outlines are closed when they are made one. */
const mostGap = 4
/** Two edges are joined where they are at most this many pixels further apart than at their nearest points. */
const slack = 1
/** How far a bridge is put into the nucleus where it ends within an edge, pixels: less than is stored. */
const overlap = 0.005

// Crossings are exact but for the 20th decimal, which made rings that could not be closed. Far finer than float64 at a
// slide's coordinates, so it moves no vertex.
setPrecision(1e-13)

type Point = [number, number]
type Ring = Point[]
type Edge = readonly [Point, Point]

/**
 * A polygon cut along the line through two points: its pieces, first those on one side, then those on the other; pieces
 * below `smallestPiece` are dropped. Vertices off the line stay as they are. Fails with 'invalid-input' where it does not
 * cut.
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
  // The middle of the cut: the point of the line that is nearest to the polygon's corner.
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
  if (sides.some((pieces) => pieces.length === 0)) throw new FailureError('invalid-input', tell('notCut'))
  return sides.flat()
}

/**
 * One outline around several that touch or nearly do. Vertices away from where they meet stay as they are, to the bit.
 * Where they are up to `mostGap` apart, what lies between the edges that face each other is taken in; so is a hole that
 * they enclose, for a nucleus has one outline. Of an outline that crosses itself, the parts with an even number of turns
 * around them are outside, as on the screen. Fails with 'invalid-input' where they lie apart.
 */
export function unionOf(outlines: readonly Float64Array[]): Float64Array {
  // Imported nuclei may have a box alone.
  const rings = outlines.map(toRing).filter((ring) => ring.length > 2)
  const apart = outersOf(rings)
  // Again without the holes: what lies in one is part of what is around it.
  const parts = apart.length > 1 ? outersOf(apart) : apart
  const bridges = parts.flatMap((a, i) => parts.slice(i + 1).flatMap((b) => bridgesBetween(a, b)))
  const joined = bridges.length > 0 ? outersOf([...parts, ...bridges]) : parts
  if (joined.length !== 1) throw new FailureError('invalid-input', tell('notTouching'))
  return fromRing(withVertices(joined[0], rings))
}

/** The outer rings of a union. */
function outersOf(rings: readonly Ring[]): Ring[] {
  const [first, ...others] = rings.map<Geom>((ring) => [ring])
  return union(first ?? [], ...others).map(([outer]) => opened(outer))
}

/** Polygons that close the gap between two rings, each between an edge and the nearest edge of the other ring. */
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
  const [edgesA, edgesB] = [near(a, b), near(b, a)]
  const [turnA, turnB] = [turnOf(a), turnOf(b)]
  const pairs = new Map<string, readonly [Edge, Edge]>()
  const pair = (i: number, j: number) => pairs.set(`${i}/${j}`, [edgesA[i], edgesB[j]])
  edgesA.forEach((edge, i) => nearestTo(edge, edgesB).forEach((j) => pair(i, j)))
  edgesB.forEach((edge, j) => nearestTo(edge, edgesA).forEach((i) => pair(i, j)))
  return [...pairs.values()].map(([one, other]) => {
    const points = [...facing(one, other, turnA), ...facing(other, one, turnB)]
    return toRing(convexHull(Float64Array.from(points.flat())))
  })
}

/** Position of the edge nearest to `edge`, where one is within the gap. */
function nearestTo(edge: Edge, edges: readonly Edge[]): number[] {
  let [nearest, least] = [-1, mostGap]
  edges.forEach((other, k) => {
    const distance = distanceBetween(edge, other)
    if (distance <= least) [nearest, least] = [k, distance]
  })
  return nearest < 0 ? [] : [nearest]
}

/** The ends of the part of `edge` that is as near to `other` as `slack` allows: vertices as they are, else points just inside. */
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
  // The distance to a segment is convex along the edge, so a point within reach parts it in two monotonous halves.
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

/** The place of the point of an edge that is nearest to another point: 0 at its first end, 1 at its second. */
function placeOn([x, y]: Point, [[px, py], [qx, qy]]: Edge): number {
  const t = ((x - px) * (qx - px) + (y - py) * (qy - py)) / ((qx - px) ** 2 + (qy - py) ** 2)
  return Math.min(1, Math.max(0, t))
}

/** Of edges that do not cross. */
const distanceBetween = (a: Edge, b: Edge): number =>
  Math.min(distanceTo(a[0], b), distanceTo(a[1], b), distanceTo(b[0], a), distanceTo(b[1], a))

function distanceTo(point: Point, edge: Edge): number {
  const t = placeOn(point, edge)
  const [[px, py], [qx, qy]] = edge
  return Math.hypot(point[0] - px - t * (qx - px), point[1] - py - t * (qy - py))
}

/** A ring with the vertices of `before` that lie on its edges: polyclip-ts leaves out those in a straight line. */
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

/** 1 where the inside is on the left of the edges as mathematicians look at it (y upwards), else −1. */
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
/** Without the first point again at the end. */
const opened = (ring: Ring): Ring => ring.slice(0, -1)

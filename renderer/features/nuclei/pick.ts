import { cellsIn, type Boxes, type NucleusGrid } from './overlay/grid.ts'
import type { Outline, OutlineOf } from './overlay/outlineBlocks.ts'

/** Returns whether the point lies in the outline (even–odd rule). */
function contains({ xy, from, to, dx, dy }: Outline, px: number, py: number): boolean {
  const x = px - dx
  const y = py - dy
  let inside = false
  for (let k = from, previous = to - 1; k < to; previous = k++) {
    const ax = xy[2 * k]
    const ay = xy[2 * k + 1]
    const bx = xy[2 * previous]
    const by = xy[2 * previous + 1]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  }
  return inside
}

/**
 * Returns whether the point lies in the ellipse that fills the box of nucleus i. Used until the outline has arrived.
 */
function inEllipse({ box }: Boxes, i: number, x: number, y: number): boolean {
  const [xmin, ymin, xmax, ymax] = [box[4 * i], box[4 * i + 1], box[4 * i + 2], box[4 * i + 3]]
  return Math.hypot((2 * x - xmin - xmax) / (xmax - xmin), (2 * y - ymin - ymax) / (ymax - ymin)) <= 1
}

/**
 * Returns the nucleus at a level-0 point: the smallest one whose outline contains it, else the one whose box is nearest
 * within `tolerance` (level-0 pixels), else −1. `shown` excludes nuclei that are not drawn.
 */
export function pick(
  n: Boxes,
  grid: NucleusGrid,
  outlineOf: OutlineOf,
  x: number,
  y: number,
  tolerance: number,
  shown: (i: number) => boolean = () => true,
): number {
  const px = x - n.origin[0]
  const py = y - n.origin[1]
  const near = { left: px - tolerance, right: px + tolerance, top: py - tolerance, bottom: py + tolerance }
  const holds = (i: number) => {
    const outline = outlineOf(i)
    return outline ? contains(outline, px, py) : inEllipse(n, i, px, py)
  }
  let inside = -1
  let smallest = Infinity
  let closest = -1
  let distance = tolerance
  for (const cell of cellsIn(grid, near))
    for (let k = grid.start[cell]; k < grid.start[cell + 1]; k++) {
      const i = grid.order[k]
      const [xmin, ymin, xmax, ymax] = [n.box[4 * i], n.box[4 * i + 1], n.box[4 * i + 2], n.box[4 * i + 3]]
      const outside = Math.hypot(Math.max(xmin - px, 0, px - xmax), Math.max(ymin - py, 0, py - ymax))
      if (outside > distance || !shown(i)) continue
      const area = (xmax - xmin) * (ymax - ymin)
      if (outside === 0 && area < smallest && holds(i)) {
        inside = i
        smallest = area
      }
      if (closest < 0 || outside < distance) {
        closest = i
        distance = outside
      }
    }
  return inside >= 0 ? inside : closest
}

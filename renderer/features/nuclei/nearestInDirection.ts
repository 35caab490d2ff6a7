import { cellsIn, type Boxes, type NucleusGrid } from './overlay/grid.ts'

/**
 * Returns the nucleus that a step from a level-0 point in the direction dx, dy (length 1) leads to, or −1 if there is
 * none. It is the nearest one whose centre lies within 45° of the direction, with the distance to the side counted
 * twice. Four such directions at right angles cover the whole plane, so every nucleus can be reached. `shown` excludes
 * nuclei that are not drawn.
 */
export function nearestInDirection(
  n: Boxes,
  grid: NucleusGrid,
  { x, y }: { x: number; y: number },
  [dx, dy]: readonly [number, number],
  shown: (i: number) => boolean,
): number {
  const px = x - n.origin[0]
  const py = y - n.origin[1]
  const [right, bottom] = [grid.left + grid.columns * grid.cellSize, grid.top + grid.rows * grid.cellSize]
  const farthest = Math.max(px - grid.left, right - px, py - grid.top, bottom - py)
  for (let radius = grid.cellSize; ; radius *= 2) {
    let best = -1
    let way = Infinity
    const near = { left: px - radius, right: px + radius, top: py - radius, bottom: py + radius }
    for (const cell of cellsIn(grid, near))
      for (let k = grid.start[cell]; k < grid.start[cell + 1]; k++) {
        const i = grid.order[k]
        const ox = (n.box[4 * i] + n.box[4 * i + 2]) / 2 - px
        const oy = (n.box[4 * i + 1] + n.box[4 * i + 3]) / 2 - py
        const ahead = ox * dx + oy * dy
        const aside = Math.abs(ox * dy - oy * dx)
        const cost = Math.hypot(ahead, 2 * aside)
        if (ahead <= 0 || aside > ahead || cost >= way || !shown(i)) continue
        best = i
        way = cost
      }
    // Everything outside the radius is farther away than this.
    if (way <= radius || radius > farthest) return best
  }
}

import type { Boxes, NucleusGrid } from './grid.ts'
import type { Outline, OutlineOf } from './outlineBlocks.ts'

/**
 * Bytes of one outline vertex: x, y (float32, relative to the cell's corner), mitre x, y (int16, in 1/mitreUnit),
 * nucleus · 2 + side (uint32; side 1 is along the mitre, side 0 against it).
 */
export const outlineStride = 16
export const mitreUnit = 8192
/** Bytes of one dot: x, y (relative to the nuclei's origin), diameter (float32), nucleus (uint32). */
export const dotStride = 16

const longestMitre = 2 // in half line widths: sharper corners are cut off instead of becoming spikes

/** Returns the top-left corner of a cell relative to the nuclei's origin. */
export const cellCorner = (grid: NucleusGrid, cell: number): [number, number] => [
  grid.left + (cell % grid.columns) * grid.cellSize,
  grid.top + Math.floor(cell / grid.columns) * grid.cellSize,
]

/**
 * Builds the closed outlines of a cell as one triangle strip. Each point gives two vertices, one on each side of the
 * line; the first point is repeated at the end, and degenerate triangles separate the nuclei. Step 2 uses every second
 * point only. Returns null if an outline has not arrived.
 *
 * Two vertices per point in one strip are fastest for a software renderer: each primitive costs it as much time as its
 * pixels do, and instances cost far more.
 */
export function outlineVertices(
  outlineOf: OutlineOf,
  grid: NucleusGrid,
  cell: number,
  step: 1 | 2 = 1,
): { bytes: ArrayBuffer; vertices: number } | null {
  const nuclei = grid.order.subarray(grid.start[cell], grid.start[cell + 1])
  const outlines: Outline[] = []
  let vertices = 0
  for (const i of nuclei) {
    const outline = outlineOf(i)
    if (!outline) return null
    const thinned = step === 1 ? outline : everySecond(outline)
    outlines.push(thinned)
    if (thinned.to > thinned.from) vertices += 2 * (thinned.to - thinned.from + 1) + 2
  }
  const bytes = new ArrayBuffer(vertices * outlineStride)
  const strip = { float: new Float32Array(bytes), int: new Int16Array(bytes), uint: new Uint32Array(bytes) }
  const [left, top] = cellCorner(grid, cell)
  let at = 0
  const put = (x: number, y: number, [mx, my]: readonly [number, number], mark: number) => {
    strip.float[4 * at] = x
    strip.float[4 * at + 1] = y
    strip.int[8 * at + 4] = mx * mitreUnit
    strip.int[8 * at + 5] = my * mitreUnit
    strip.uint[4 * at + 3] = mark
    at++
  }
  outlines.forEach((outline, k) => {
    const { xy, from, to, dx, dy } = outline
    for (let p = from; to > from && p <= to; p++) {
      const point = p === to ? from : p
      const [x, y] = [xy[2 * point] + (dx - left), xy[2 * point + 1] + (dy - top)]
      const mitre = mitreAt(outline, point)
      const mark = 2 * nuclei[k]
      if (p === from) put(x, y, mitre, mark)
      put(x, y, mitre, mark)
      put(x, y, mitre, mark + 1)
      if (p === to) put(x, y, mitre, mark + 1)
    }
  })
  return { bytes, vertices }
}

const fewestPoints = 8 // thinning keeps at least this many points

function everySecond(outline: Outline): Outline {
  const points = outline.to - outline.from
  if (points < 2 * fewestPoints) return outline
  const kept = Math.ceil(points / 2)
  const xy = new Float32Array(2 * kept)
  for (let p = 0; p < kept; p++) {
    xy[2 * p] = outline.xy[2 * (outline.from + 2 * p)]
    xy[2 * p + 1] = outline.xy[2 * (outline.from + 2 * p) + 1]
  }
  return { ...outline, xy, from: 0, to: kept }
}

/**
 * Returns the offset from a point to the corner of a line of half width 1 along the outline: the mean normal, longer
 * where the outline bends.
 */
function mitreAt({ xy, from, to }: Outline, point: number): [number, number] {
  const before = point === from ? to - 1 : point - 1
  const after = point === to - 1 ? from : point + 1
  const [ax, ay] = direction(xy, before, point)
  const [bx, by] = direction(xy, point, after)
  const bend = 1 + ax * bx + ay * by
  if (bend < 2 / longestMitre ** 2) return [-ay, ax]
  return [-(ay + by) / bend, (ax + bx) / bend]
}

function direction(xy: Float32Array, from: number, to: number): [number, number] {
  const x = xy[2 * to] - xy[2 * from]
  const y = xy[2 * to + 1] - xy[2 * from + 1]
  const length = Math.hypot(x, y)
  return length > 0 ? [x / length, y / length] : [1, 0]
}

/** Builds all nuclei as dots in the grid's order, so that neighbouring cells of a row are contiguous. */
export function dotVertices(n: Boxes, grid: NucleusGrid): ArrayBuffer {
  const bytes = new ArrayBuffer(n.count * dotStride)
  const float = new Float32Array(bytes)
  const uint = new Uint32Array(bytes)
  for (let k = 0; k < n.count; k++) {
    const i = grid.order[k]
    const [xmin, ymin, xmax, ymax] = [n.box[4 * i], n.box[4 * i + 1], n.box[4 * i + 2], n.box[4 * i + 3]]
    float[4 * k] = (xmin + xmax) / 2
    float[4 * k + 1] = (ymin + ymax) / 2
    float[4 * k + 2] = Math.sqrt((xmax - xmin) * (ymax - ymin))
    uint[4 * k + 3] = i
  }
  return bytes
}

/** Returns the contiguous ranges of the grid's order that hold `cells` (ascending), as [first, count] each. */
export function runsOf(grid: NucleusGrid, cells: readonly number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const cell of cells) {
    const from = grid.start[cell]
    const count = grid.start[cell + 1] - from
    const last = runs.at(-1)
    if (last && last[0] + last[1] === from) last[1] += count
    else runs.push([from, count])
  }
  return runs
}

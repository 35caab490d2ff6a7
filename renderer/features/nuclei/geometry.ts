import type { Boxes, NucleusGrid } from './grid.ts'
import type { Outline, OutlineOf } from './outlineBlocks.ts'

/** Bytes of one outline vertex: x, y (float32, relative to the cell's corner), nucleus (uint32). */
export const outlineStride = 12
/** Bytes of one dot: x, y, diameter (float32), nucleus (uint32). */
export const dotStride = 16

/** Corner of a cell relative to the nuclei's origin. */
export const cellCorner = (grid: NucleusGrid, cell: number): [number, number] => [
  grid.left + (cell % grid.columns) * grid.cellSize,
  grid.top + Math.floor(cell / grid.columns) * grid.cellSize,
]

/**
 * The closed outlines of a cell as one run of vertices; each nucleus' first vertex is repeated at its end. Segment k
 * runs from vertex k to k + 1 and is void where the two belong to different nuclei. Null while an outline is not here.
 */
export function outlineVertices(
  outlineOf: OutlineOf,
  grid: NucleusGrid,
  cell: number,
): { bytes: ArrayBuffer; vertices: number } | null {
  const nuclei = grid.order.subarray(grid.start[cell], grid.start[cell + 1])
  const outlines: Outline[] = []
  let vertices = 0
  for (const i of nuclei) {
    const outline = outlineOf(i)
    if (!outline) return null
    outlines.push(outline)
    if (outline.to > outline.from) vertices += outline.to - outline.from + 1
  }
  const bytes = new ArrayBuffer(vertices * outlineStride)
  const float = new Float32Array(bytes)
  const uint = new Uint32Array(bytes)
  const [left, top] = cellCorner(grid, cell)
  let at = 0
  outlines.forEach(({ xy, from, to, dx, dy }, k) => {
    for (let p = from; to > from && p <= to; p++) {
      const q = 2 * (p === to ? from : p)
      float[at] = xy[q] + (dx - left)
      float[at + 1] = xy[q + 1] + (dy - top)
      uint[at + 2] = nuclei[k]
      at += 3
    }
  })
  return { bytes, vertices }
}

/** The nuclei of a cell as dots. */
export function dotVertices(n: Boxes, grid: NucleusGrid, cell: number): { bytes: ArrayBuffer; vertices: number } {
  const from = grid.start[cell]
  const vertices = grid.start[cell + 1] - from
  const bytes = new ArrayBuffer(vertices * dotStride)
  const float = new Float32Array(bytes)
  const uint = new Uint32Array(bytes)
  const [left, top] = cellCorner(grid, cell)
  for (let k = 0; k < vertices; k++) {
    const i = grid.order[from + k]
    const [xmin, ymin, xmax, ymax] = [n.box[4 * i], n.box[4 * i + 1], n.box[4 * i + 2], n.box[4 * i + 3]]
    float[4 * k] = (xmin + xmax) / 2 - left
    float[4 * k + 1] = (ymin + ymax) / 2 - top
    float[4 * k + 2] = Math.sqrt((xmax - xmin) * (ymax - ymin))
    uint[4 * k + 3] = i
  }
  return { bytes, vertices }
}

import type { Nuclei } from '../../../electron/contract/nuclei.ts'
import type { NucleusGrid } from './grid.ts'

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
 * runs from vertex k to k + 1 and is void where the two belong to different nuclei.
 */
export function outlineVertices(n: Nuclei, grid: NucleusGrid, cell: number): { bytes: ArrayBuffer; vertices: number } {
  const from = grid.start[cell]
  const to = grid.start[cell + 1]
  let vertices = 0
  for (let k = from; k < to; k++) {
    const i = grid.order[k]
    const points = n.outlineStart[i + 1] - n.outlineStart[i]
    if (points > 0) vertices += points + 1
  }
  const bytes = new ArrayBuffer(vertices * outlineStride)
  const float = new Float32Array(bytes)
  const uint = new Uint32Array(bytes)
  const [left, top] = cellCorner(grid, cell)
  let at = 0
  for (let k = from; k < to; k++) {
    const i = grid.order[k]
    const first = n.outlineStart[i]
    const points = n.outlineStart[i + 1] - first
    for (let p = 0; points > 0 && p <= points; p++) {
      const q = 2 * (first + (p === points ? 0 : p))
      float[at] = n.outline[q] - left
      float[at + 1] = n.outline[q + 1] - top
      uint[at + 2] = i
      at += 3
    }
  }
  return { bytes, vertices }
}

/** The nuclei of a cell as dots. */
export function dotVertices(n: Nuclei, grid: NucleusGrid, cell: number): { bytes: ArrayBuffer; vertices: number } {
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

import type { Nuclei } from '../../../../electron/contract/nuclei/nuclei.ts'

/** The columns that give the places of nuclei. */
export type Boxes = Pick<Nuclei, 'count' | 'origin' | 'box'>

/**
 * Nuclei sorted into grid cells by their centres: cell c holds `order[start[c]] … order[start[c+1]−1]`. All lengths are
 * in level-0 pixels relative to the nuclei's origin. Culling, picking and the overlay's buffers use these cells.
 */
export interface NucleusGrid {
  readonly cellSize: number
  readonly columns: number
  readonly rows: number
  readonly left: number
  readonly top: number
  readonly order: Uint32Array
  readonly start: Uint32Array
  /** Half of the largest box side: how far a nucleus can extend beyond its cell. */
  readonly reach: number
  /** Median of √(box area), over a sample of at most 4,096. */
  readonly typicalDiameter: number
}

/** Bounds relative to the nuclei's origin. */
export interface RelativeRect {
  left: number
  top: number
  right: number
  bottom: number
}

const perCell = 128 // nuclei: a view at cell zoom touches some dozen cells; a million nuclei make some 8,000 cells
const smallestCell = 128
const maxCells = 65_536

const centreX = (n: Boxes, i: number) => (n.box[4 * i] + n.box[4 * i + 2]) / 2
const centreY = (n: Boxes, i: number) => (n.box[4 * i + 1] + n.box[4 * i + 3]) / 2

function extentOf(n: Boxes): RelativeRect & { reach: number } {
  let left = Infinity
  let top = Infinity
  let right = -Infinity
  let bottom = -Infinity
  let reach = 0
  const { box, count } = n
  for (let k = 0; k < 4 * count; k += 4) {
    left = Math.min(left, box[k])
    top = Math.min(top, box[k + 1])
    right = Math.max(right, box[k + 2])
    bottom = Math.max(bottom, box[k + 3])
    reach = Math.max(reach, box[k + 2] - box[k], box[k + 3] - box[k + 1])
  }
  return { left, top, right, bottom, reach: reach / 2 }
}

function typicalDiameterOf(n: Boxes): number {
  if (n.count === 0) return 0
  const step = Math.max(1, Math.floor(n.count / 4096))
  const diameters: number[] = []
  for (let i = 0; i < n.count; i += step)
    diameters.push(Math.sqrt((n.box[4 * i + 2] - n.box[4 * i]) * (n.box[4 * i + 3] - n.box[4 * i + 1])))
  diameters.sort((a, b) => a - b)
  return diameters[diameters.length >> 1]
}

/** Sorts nuclei into cells (counting sort, two passes). */
export function buildGrid(n: Boxes): NucleusGrid {
  if (n.count === 0)
    return {
      cellSize: 1,
      columns: 0,
      rows: 0,
      left: 0,
      top: 0,
      order: new Uint32Array(0),
      start: new Uint32Array(1),
      reach: 0,
      typicalDiameter: 0,
    }
  const extent = extentOf(n)
  const width = Math.max(1, extent.right - extent.left)
  const height = Math.max(1, extent.bottom - extent.top)
  const cellSize = Math.max(
    smallestCell,
    Math.sqrt((width * height * perCell) / n.count),
    Math.sqrt((width * height) / maxCells),
  )
  const columns = Math.floor(width / cellSize) + 1
  const rows = Math.floor(height / cellSize) + 1
  const cellOf = (i: number) =>
    Math.floor((centreY(n, i) - extent.top) / cellSize) * columns + Math.floor((centreX(n, i) - extent.left) / cellSize)
  const start = new Uint32Array(columns * rows + 1)
  for (let i = 0; i < n.count; i++) start[cellOf(i) + 1]++
  for (let c = 0; c < columns * rows; c++) start[c + 1] += start[c]
  const next = start.slice(0, -1)
  const order = new Uint32Array(n.count)
  for (let i = 0; i < n.count; i++) order[next[cellOf(i)]++] = i
  return {
    cellSize,
    columns,
    rows,
    left: extent.left,
    top: extent.top,
    order,
    start,
    reach: extent.reach,
    typicalDiameter: typicalDiameterOf(n),
  }
}

/** Returns the non-empty cells whose nuclei may touch `view`. */
export function cellsIn(grid: NucleusGrid, view: RelativeRect): number[] {
  const column = (x: number) => Math.floor((x - grid.left) / grid.cellSize)
  const row = (y: number) => Math.floor((y - grid.top) / grid.cellSize)
  const firstColumn = Math.max(0, column(view.left - grid.reach))
  const lastColumn = Math.min(grid.columns - 1, column(view.right + grid.reach))
  const firstRow = Math.max(0, row(view.top - grid.reach))
  const lastRow = Math.min(grid.rows - 1, row(view.bottom + grid.reach))
  const cells: number[] = []
  for (let r = firstRow; r <= lastRow; r++)
    for (let c = firstColumn; c <= lastColumn; c++) {
      const cell = r * grid.columns + c
      if (grid.start[cell + 1] > grid.start[cell]) cells.push(cell)
    }
  return cells
}

/** Counts the nuclei of `cells` that touch `view`. Cells entirely inside are counted without testing their nuclei. */
export function countIn(n: Boxes, grid: NucleusGrid, cells: readonly number[], view: RelativeRect): number {
  let count = 0
  for (const cell of cells) {
    const x = grid.left + (cell % grid.columns) * grid.cellSize
    const y = grid.top + Math.floor(cell / grid.columns) * grid.cellSize
    const from = grid.start[cell]
    const to = grid.start[cell + 1]
    const whole = x >= view.left && y >= view.top && x + grid.cellSize <= view.right && y + grid.cellSize <= view.bottom
    if (whole) count += to - from
    else
      for (let k = from; k < to; k++) {
        const b = 4 * grid.order[k]
        if (
          n.box[b] <= view.right &&
          n.box[b + 2] >= view.left &&
          n.box[b + 1] <= view.bottom &&
          n.box[b + 3] >= view.top
        )
          count++
      }
  }
  return count
}

/**
 * A stage rotated against the slide: transform from relative coordinates to CSS pixels of the stage, as in
 * ViewTransform.
 */
export interface TurnedView {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly e: number
  readonly f: number
  readonly width: number
  readonly height: number
}

/**
 * Returns those of `cells` that touch a rotated stage, and how many of their nuclei do (tested by circles around their
 * boxes).
 */
export function inTurned(
  n: Boxes,
  grid: NucleusGrid,
  cells: readonly number[],
  t: TurnedView,
): { cells: number[]; count: number } {
  const scale = Math.sqrt(Math.abs(t.a * t.d - t.b * t.c))
  /** Distance of a point from the nearest edge of the stage, CSS pixels; negative outside. */
  const within = (x: number, y: number) => {
    const [X, Y] = [t.a * x + t.c * y + t.e, t.b * x + t.d * y + t.f]
    return Math.min(X, Y, t.width - X, t.height - Y)
  }
  const half = grid.cellSize / 2
  const cellRadius = scale * half * Math.SQRT2
  const reach = scale * grid.reach * Math.SQRT2
  const kept: number[] = []
  let count = 0
  for (const cell of cells) {
    const x = grid.left + (cell % grid.columns) * grid.cellSize + half
    const y = grid.top + Math.floor(cell / grid.columns) * grid.cellSize + half
    const depth = within(x, y)
    if (depth < -cellRadius - reach) continue
    kept.push(cell)
    const from = grid.start[cell]
    const to = grid.start[cell + 1]
    if (depth >= cellRadius) count += to - from
    else
      for (let k = from; k < to; k++) {
        const b = 4 * grid.order[k]
        const [x0, y0, x1, y1] = [n.box[b], n.box[b + 1], n.box[b + 2], n.box[b + 3]]
        if (within((x0 + x1) / 2, (y0 + y1) / 2) >= (-scale * Math.max(x1 - x0, y1 - y0)) / 2) count++
      }
  }
  return { cells: kept, count }
}

const { fround } = Math

/**
 * RoIAlign (He et al. 2017) with torchvision's defaults aligned = false and adaptive sampling, written as a matrix A:
 * the features of all bins are A · map, so the gradient is Aᵀ · g and no operator of its own is needed. Coordinates are
 * rounded to float32 at each step as torchvision rounds them: where a box's bins are a whole number of cells wide, the
 * rounding decides how many samples they have.
 *
 * @param boxes xmin, ymin, xmax, ymax of each box, pixels of the crop; length 4·n
 * @param grid cells per side of the square feature map
 * @param scale cells per pixel (1 / patch size)
 * @param bins output bins per side
 * @param into zeros to write A into instead of a new array, length n·bins²·grid²
 * @returns A, row-major [n · bins², grid²]; bin (by, bx) of box i is row i·bins² + by·bins + bx
 */
export function roiAlignMatrix(
  boxes: ArrayLike<number>,
  grid: number,
  scale: number,
  bins: number,
  into?: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const count = boxes.length / 4
  const cells = grid * grid
  const cellsPerPixel = fround(scale)
  const place = (pixel: number) => fround(fround(pixel) * cellsPerPixel)
  const matrix = into ?? new Float32Array(count * bins * bins * cells)
  const columns = new AxisSamples(grid, bins)
  const rows = new AxisSamples(grid, bins)
  for (let i = 0; i < count; i++) {
    const x0 = place(boxes[4 * i])
    const y0 = place(boxes[4 * i + 1])
    // aligned = false makes every region at least one cell wide.
    columns.place(x0, Math.max(fround(place(boxes[4 * i + 2]) - x0), 1))
    rows.place(y0, Math.max(fround(place(boxes[4 * i + 3]) - y0), 1))
    for (let by = 0; by < bins; by++)
      for (let bx = 0; bx < bins; bx++) {
        const at = (i * bins * bins + by * bins + bx) * cells
        // A bilinear weight is the product of the two axes' weights, and so is its mean over the samples.
        for (let r = rows.start[by]; r < rows.start[by + 1]; r++) {
          const row = at + rows.cell[r] * grid
          for (let c = columns.start[bx]; c < columns.start[bx + 1]; c++)
            matrix[row + columns.cell[c]] += rows.weight[r] * columns.weight[c]
        }
      }
  }
  return matrix
}

/**
 * Cells and mean weights of the samples along one axis. Bin b has start[b] … start[b + 1] − 1. Reused from box to box.
 */
class AxisSamples {
  readonly start: Int32Array
  cell = new Int32Array(64)
  weight = new Float64Array(64)
  private readonly grid: number

  constructor(grid: number, bins: number) {
    this.grid = grid
    this.start = new Int32Array(bins + 1)
  }

  place(start: number, length: number): void {
    const { grid } = this
    const bins = this.start.length - 1
    const bin = fround(length / bins)
    const samples = Math.ceil(bin)
    if (this.cell.length < 2 * bins * samples) {
      this.cell = new Int32Array(2 * bins * samples)
      this.weight = new Float64Array(2 * bins * samples)
    }
    let n = 0
    for (let b = 0; b < bins; b++) {
      for (let s = 0; s < samples; s++) {
        const position = fround(fround(start + fround(b * bin)) + fround(fround((s + 0.5) * bin) / samples))
        if (position < -1 || position > grid) continue // outside: counts as zero
        const clamped = Math.max(position, 0)
        const low = Math.min(Math.floor(clamped), grid - 1)
        const fraction = low === grid - 1 ? 0 : clamped - low
        this.cell[n] = low
        this.weight[n++] = (1 - fraction) / samples
        if (fraction === 0) continue
        this.cell[n] = low + 1
        this.weight[n++] = fraction / samples
      }
      this.start[b + 1] = n
    }
  }
}

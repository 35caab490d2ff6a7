/**
 * RoIAlign (He et al. 2017) with torchvision's defaults aligned = false and adaptive sampling, written as a matrix:
 * features of all bins = A · map, so that its gradient is Aᵀ · g and it needs no operator of its own.
 *
 * @param boxes xmin, ymin, xmax, ymax of each box, pixels of the crop; length 4·n
 * @param grid cells per side of the square feature map
 * @param scale cells per pixel (1 / patch size)
 * @param bins output bins per side
 * @returns A, row-major [n · bins², grid²]; rows of bin (by, bx) of box i stand at i·bins² + by·bins + bx
 */
export function roiAlignMatrix(boxes: ArrayLike<number>, grid: number, scale: number, bins: number): Float32Array {
  const count = boxes.length / 4
  const cells = grid * grid
  const matrix = new Float32Array(count * bins * bins * cells)
  for (let i = 0; i < count; i++) {
    const x0 = boxes[4 * i] * scale
    const y0 = boxes[4 * i + 1] * scale
    // aligned = false makes every region at least one cell wide.
    const width = Math.max(boxes[4 * i + 2] * scale - x0, 1)
    const height = Math.max(boxes[4 * i + 3] * scale - y0, 1)
    const columns = axisSamples(x0, width, grid, bins)
    const rows = axisSamples(y0, height, grid, bins)
    for (let by = 0; by < bins; by++)
      for (let bx = 0; bx < bins; bx++) {
        const at = (i * bins * bins + by * bins + bx) * cells
        // Bilinear weights are products of the two axes' weights, and so are their means over the samples.
        for (const [row, wy] of rows[by])
          for (const [column, wx] of columns[bx]) matrix[at + row * grid + column] += wy * wx
      }
  }
  return matrix
}

/** For each bin along one axis: [cell, mean weight] pairs. */
function axisSamples(start: number, length: number, grid: number, bins: number): [number, number][][] {
  const bin = length / bins
  const samples = Math.ceil(bin)
  return Array.from({ length: bins }, (_, b) => {
    const weights: [number, number][] = []
    for (let s = 0; s < samples; s++) {
      const position = start + b * bin + ((s + 0.5) * bin) / samples
      if (position < -1 || position > grid) continue // outside: counts as zero
      const clamped = Math.max(position, 0)
      const low = Math.min(Math.floor(clamped), grid - 1)
      const high = Math.min(low + 1, grid - 1)
      const fraction = low === grid - 1 ? 0 : clamped - low
      weights.push([low, (1 - fraction) / samples])
      if (fraction > 0) weights.push([high, fraction / samples])
    }
    return weights
  })
}

/** Samples per bin and axis: two, which He et al. 2017 find sufficient. */
export const roiSamplesPerAxis = 2
const ratio = roiSamplesPerAxis
/** Cells that a bin reads along an axis: two for each sample. */
const perAxis = 2 * ratio

/** A sparse matrix stored by rows and by columns (ops/sparse.ts), as arrays to feed. */
export interface SparseNumbers {
  /** int64 and float32 [rows, entries] */
  readonly index: BigInt64Array<ArrayBuffer>
  readonly weight: Float32Array<ArrayBuffer>
  /** The transpose, [columns, largest number of entries in a column] */
  readonly backIndex: BigInt64Array<ArrayBuffer>
  readonly backWeight: Float32Array<ArrayBuffer>
}
/** The part that a network needs without gradients. */
export type SparseForward = Pick<SparseNumbers, 'index' | 'weight'>

/** Entries per bin: cells along one axis times cells along the other. */
export const roiEntries = perAxis * perAxis

/**
 * RoIAlign (He et al. 2017) over a square map as a sparse matrix [n·bins², cells²], equal to torchvision's with aligned
 * = true and sampling ratio 2. The features of all bins are this matrix times the map's cells [cells², channels]. Bin
 * (by, bx) of box i is row i·bins² + by·bins + bx; cells are in row-major order. Boxes must lie within the map:
 * whatever lies outside counts as zero.
 *
 * @param boxes xmin, ymin, xmax, ymax of each box, pixels of the crop; length 4·n
 * @param cells per side of the map
 * @param scale cells per pixel (1 / stride)
 */
export function roiSamples(boxes: ArrayLike<number>, cells: number, scale: number, bins: number): SparseForward {
  const count = boxes.length / 4
  const rows = count * bins * bins
  const index = new BigInt64Array(rows * roiEntries)
  // Writes the lower half of each 64-bit number: all machines that onnxruntime runs on are little-endian.
  const low = new Int32Array(index.buffer)
  const weight = new Float32Array(rows * roiEntries)
  const [down, across] = [axisSamples(bins), axisSamples(bins)]
  for (let i = 0, at = 0; i < count; i++) {
    place(across, boxes[4 * i], boxes[4 * i + 2], cells, scale, bins)
    place(down, boxes[4 * i + 1], boxes[4 * i + 3], cells, scale, bins)
    for (let by = 0; by < bins; by++)
      for (let bx = 0; bx < bins; bx++)
        for (let r = by * perAxis; r < (by + 1) * perAxis; r++)
          for (let c = bx * perAxis; c < (bx + 1) * perAxis; c++, at++) {
            low[2 * at] = down.cell[r] * cells + across.cell[c]
            weight[at] = down.weight[r] * across.weight[c]
          }
  }
  return { index, weight }
}

/** Adds the transpose, which training needs. The transpose leaves out entries of weight 0. */
export function withTranspose({ index, weight }: SparseForward, columns: number): SparseNumbers {
  const low = new Int32Array(index.buffer, index.byteOffset, 2 * index.length)
  const counts = new Int32Array(columns)
  let most = 0
  for (let at = 0; at < weight.length; at++) if (weight[at] !== 0) most = Math.max(most, ++counts[low[2 * at]])
  const backIndex = new BigInt64Array(columns * most)
  const backLow = new Int32Array(backIndex.buffer)
  const backWeight = new Float32Array(columns * most)
  counts.fill(0)
  for (let at = 0; at < weight.length; at++) {
    if (weight[at] === 0) continue
    const column = low[2 * at]
    const to = column * most + counts[column]++
    backLow[2 * to] = Math.floor(at / roiEntries)
    backWeight[to] = weight[at]
  }
  return { index, weight, backIndex, backWeight }
}

interface AxisSamples {
  readonly cell: Int32Array
  readonly weight: Float64Array
}
const axisSamples = (bins: number): AxisSamples => ({
  cell: new Int32Array(bins * perAxis),
  weight: new Float64Array(bins * perAxis),
})

/**
 * Sets the cells and mean weights of the samples of each bin between `from` and `to`. If a bin reads a cell more than
 * once, the first entry gets the whole weight.
 */
function place(axis: AxisSamples, from: number, to: number, cells: number, scale: number, bins: number): void {
  const start = from * scale - 0.5
  const bin = ((to - from) * scale) / bins
  for (let b = 0; b < bins; b++) {
    const first = b * perAxis
    for (let s = 0; s < ratio; s++) {
      const position = start + (b + (s + 0.5) / ratio) * bin
      const clamped = Math.min(Math.max(position, 0), cells - 1)
      const low = Math.floor(clamped)
      const inside = position >= -1 && position <= cells ? 1 / ratio : 0
      axis.cell[first + 2 * s] = low
      axis.weight[first + 2 * s] = (1 - (clamped - low)) * inside
      axis.cell[first + 2 * s + 1] = Math.min(low + 1, cells - 1)
      axis.weight[first + 2 * s + 1] = (clamped - low) * inside
    }
    for (let k = first + 1; k < first + perAxis; k++)
      for (let before = first; before < k; before++)
        if (axis.cell[before] === axis.cell[k]) {
          axis.weight[before] += axis.weight[k]
          axis.weight[k] = 0
        }
  }
}

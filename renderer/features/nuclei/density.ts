import type { Nuclei } from '../../../electron/contract/nuclei.ts'

/** Nuclei summed by place and class: counts[(row · columns + column) · slots + slot]. */
export interface DensityBins {
  readonly columns: number
  readonly rows: number
  readonly slots: number
  readonly left: number
  readonly top: number
  /** Side of a bin, level-0 pixels. */
  readonly size: number
  readonly counts: Uint32Array
}

const longestSide = 384 // bins: finer than the eye tells apart on a whole-slide view, and 1 MB a class at most

/** Counts nuclei by their centres; `slot` gives each nucleus its palette row. */
export function densityBins(
  n: Nuclei,
  extent: { left: number; top: number; width: number; height: number },
  slots: number,
  slot: (i: number) => number,
): DensityBins {
  const size = Math.max(extent.width, extent.height, 1) / longestSide
  const columns = Math.floor(extent.width / size) + 1
  const rows = Math.floor(extent.height / size) + 1
  const counts = new Uint32Array(columns * rows * slots)
  for (let i = 0; i < n.count; i++) {
    const x = (n.box[4 * i] + n.box[4 * i + 2]) / 2 - extent.left
    const y = (n.box[4 * i + 1] + n.box[4 * i + 3]) / 2 - extent.top
    const column = Math.min(columns - 1, Math.max(0, Math.floor(x / size)))
    const row = Math.min(rows - 1, Math.max(0, Math.floor(y / size)))
    counts[(row * columns + column) * slots + slot(i)]++
  }
  return { columns, rows, slots, left: extent.left, top: extent.top, size, counts }
}

/**
 * The bins as RGBA: colour = mean of the classes there, weighted by count; opacity grows with the square root of the
 * number, full at the 95th percentile of the bins that hold any. Classes with palette alpha 0 do not count.
 */
export function densityPicture(bins: DensityBins, palette: Uint8Array): Uint8Array {
  const { slots, counts } = bins
  const n = bins.columns * bins.rows
  const totals = new Uint32Array(n)
  for (let b = 0; b < n; b++)
    for (let s = 0; s < slots; s++) if (palette[4 * s + 3] > 0) totals[b] += counts[b * slots + s]
  const filled = totals.filter((t) => t > 0).sort()
  const full = filled.length > 0 ? filled[Math.floor(0.95 * (filled.length - 1))] : 1
  const picture = new Uint8Array(4 * n)
  for (let b = 0; b < n; b++) {
    if (totals[b] === 0) continue
    let [red, green, blue] = [0, 0, 0]
    for (let s = 0; s < slots; s++) {
      if (palette[4 * s + 3] === 0) continue
      const share = counts[b * slots + s] / totals[b]
      red += share * palette[4 * s]
      green += share * palette[4 * s + 1]
      blue += share * palette[4 * s + 2]
    }
    picture.set([red, green, blue, 230 * Math.min(1, Math.sqrt(totals[b] / full))], 4 * b)
  }
  return picture
}

import type { Boxes } from './grid.ts'
import { opacityLine } from './palette.ts'

/** Nuclei summed by place, as a picture. */
export interface DensityPicture {
  readonly columns: number
  readonly rows: number
  /** Corner relative to the nuclei's origin, and side of a bin: level-0 pixels. */
  readonly left: number
  readonly top: number
  readonly size: number
  /** RGBA rows. */
  readonly pixels: Uint8Array
  /** Nuclei in a bin from which on it is as opaque as it gets. */
  readonly full: number
}

const longestSide = 768 // bins: about one per CSS pixel of a whole-slide view, 2 MB as a picture

/** How opaque a bin of `full` nuclei is, 0 … 255: some tissue shows through even there. */
export const fullOpacity = 230

/**
 * Counts nuclei by their centres, each for as much as its class is opaque. Colour = mean of the colours there; opacity
 * grows with the square root of the number, full at the 95th percentile of the bins that hold any. `states`: words as the
 * overlay's state texture has them (colour row in the lowest byte, class slot in the highest).
 */
export function densityPicture(
  n: Boxes,
  extent: { left: number; top: number; width: number; height: number },
  states: Uint32Array,
  palette: Uint8Array,
): DensityPicture {
  const { left, top } = extent
  const size = Math.max(extent.width, extent.height, 1) / longestSide
  const columns = Math.floor(extent.width / size) + 1
  const rows = Math.floor(extent.height / size) + 1
  const sums = new Float32Array(4 * columns * rows)
  for (let i = 0; i < n.count; i++) {
    const colour = 4 * (states[i] & 255)
    const weight = palette[opacityLine + 4 * (states[i] >>> 24) + 3] / 255
    if (weight === 0) continue
    const x = (n.box[4 * i] + n.box[4 * i + 2]) / 2 - left
    const y = (n.box[4 * i + 1] + n.box[4 * i + 3]) / 2 - top
    const column = Math.min(columns - 1, Math.max(0, Math.floor(x / size)))
    const b = 4 * (Math.min(rows - 1, Math.max(0, Math.floor(y / size))) * columns + column)
    sums[b] += weight * palette[colour]
    sums[b + 1] += weight * palette[colour + 1]
    sums[b + 2] += weight * palette[colour + 2]
    sums[b + 3] += weight
  }
  const full = percentile95(sums)
  const pixels = new Uint8Array(sums.length)
  for (let b = 0; b < sums.length; b += 4) {
    const total = sums[b + 3]
    if (total === 0) continue
    pixels[b] = sums[b] / total
    pixels[b + 1] = sums[b + 1] / total
    pixels[b + 2] = sums[b + 2] / total
    pixels[b + 3] = fullOpacity * Math.min(1, Math.sqrt(total / full))
  }
  return { columns, rows, left, top, size, pixels, full }
}

/** 95th percentile of the bins that hold any; 1 where none does. */
function percentile95(sums: Float32Array): number {
  const totals = new Float32Array(sums.length / 4)
  let filled = 0
  for (let b = 3; b < sums.length; b += 4) if (sums[b] > 0) totals[filled++] = sums[b]
  return filled > 0 ? totals.subarray(0, filled).sort()[Math.floor(0.95 * (filled - 1))] : 1
}

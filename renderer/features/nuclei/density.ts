import type { Boxes } from './grid.ts'
import { outsideFlag } from './overlay/states.ts'
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

const longestSide = 512 // bins: finer than the eye tells apart on a whole-slide view

/** How opaque a bin of `full` nuclei is, 0 … 255: some tissue shows through even there. */
export const fullOpacity = 230

/** Bins over a slide, and the bin of each nucleus by its centre: the same whatever the colours are. */
export interface DensityBins extends Pick<DensityPicture, 'columns' | 'rows' | 'left' | 'top' | 'size'> {
  readonly binOf: Uint32Array
}

export function densityBins(
  n: Boxes,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): DensityBins {
  const size = Math.max(width, height, 1) / longestSide
  const columns = Math.floor(width / size) + 1
  const rows = Math.floor(height / size) + 1
  const binOf = new Uint32Array(n.count)
  for (let i = 0; i < n.count; i++) {
    const x = (n.box[4 * i] + n.box[4 * i + 2]) / 2 - left
    const y = (n.box[4 * i + 1] + n.box[4 * i + 3]) / 2 - top
    const column = Math.min(columns - 1, Math.max(0, Math.floor(x / size)))
    binOf[i] = Math.min(rows - 1, Math.max(0, Math.floor(y / size))) * columns + column
  }
  return { columns, rows, left, top, size, binOf }
}

/**
 * Sums the nuclei that count by bin, each for as much as its class is opaque. Colour = mean of the colours there; opacity grows with the
 * square root of the number, full at the 95th percentile of the bins that hold any. `states`: words as the overlay's state
 * texture has them (colour row in the lowest byte, class slot in the highest).
 */
export function densityPicture(
  { binOf, ...bins }: DensityBins,
  states: Uint32Array,
  palette: Uint8Array,
): DensityPicture {
  const sums = new Float32Array(4 * bins.columns * bins.rows)
  const colours = Float32Array.from(palette.subarray(0, 4 * 256))
  const weights = Float32Array.from({ length: 256 }, (_, slot) => palette[opacityLine + 4 * slot + 3] / 255)
  for (let i = 0; i < binOf.length; i++) {
    const state = states[i]
    if (state & (outsideFlag << 16)) continue
    const weight = weights[state >>> 24]
    const colour = (state & 255) << 2
    const b = binOf[i] << 2
    sums[b] += weight * colours[colour]
    sums[b + 1] += weight * colours[colour + 1]
    sums[b + 2] += weight * colours[colour + 2]
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
  return { ...bins, pixels, full }
}

const sampled = 4_096

/** 95th percentile of the bins that hold any, of a sample spread evenly over them; 1 where none does. */
function percentile95(sums: Float32Array): number {
  let filled = 0
  for (let b = 3; b < sums.length; b += 4) if (sums[b] > 0) filled++
  if (filled === 0) return 1
  const step = Math.max(1, Math.floor(filled / sampled))
  const totals = new Float32Array(Math.ceil(filled / step))
  let k = 0
  for (let b = 3; b < sums.length; b += 4) if (sums[b] > 0 && k++ % step === 0) totals[(k - 1) / step] = sums[b]
  return totals.sort()[Math.floor(0.95 * (totals.length - 1))]
}

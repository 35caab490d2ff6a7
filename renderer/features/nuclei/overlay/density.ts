import { uniqueAscending } from '../../../../electron/contract/nuclei/changeLog.ts'
import type { ShownClasses } from '../../../../electron/contract/nuclei/displayed.ts'
import type { Colouring } from '../classes/colouring.ts'
import type { Boxes } from './grid.ts'
import { hidesUnsureIn, opacityLine } from '../classes/palette.ts'

/** A picture of nucleus density: nuclei summed in square bins. */
export interface DensityPicture {
  readonly columns: number
  readonly rows: number
  /** `left`, `top`: corner relative to the nuclei's origin; `size`: side of a bin. Level-0 pixels. */
  readonly left: number
  readonly top: number
  readonly size: number
  /** RGBA, row by row. */
  readonly pixels: Uint8Array
  /** Sum over the nuclei in each bin, each weighted by the opacity of its class. */
  readonly totals: Float32Array
  /** Bin total at which a bin reaches `fullOpacity`. */
  readonly full: number
}

const longestSide = 512 // bins: finer than the eye can resolve on a whole-slide view

/** Opacity of a bin with a total of `full`, 0 … 255: even there some tissue shows through. */
export const fullOpacity = 230

/** Bins over a slide and the nuclei whose centres lie in each. They do not depend on the colours. */
export interface DensityBins extends Pick<DensityPicture, 'columns' | 'rows' | 'left' | 'top' | 'size'> {
  /** Positions of all nuclei, sorted by bin. */
  readonly order: Uint32Array
  /** Start of each bin in `order`; the last entry is the end of the last bin. */
  readonly start: Uint32Array
}

/** Returns the bin that contains nucleus i. */
function binAt(
  { box }: Boxes,
  i: number,
  { left, top, size, columns, rows }: Omit<DensityBins, 'order' | 'start'>,
): number {
  const x = (box[4 * i] + box[4 * i + 2]) / 2 - left
  const y = (box[4 * i + 1] + box[4 * i + 3]) / 2 - top
  const column = Math.min(columns - 1, Math.max(0, Math.floor(x / size)))
  return Math.min(rows - 1, Math.max(0, Math.floor(y / size))) * columns + column
}

export function densityBins(
  n: Boxes,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): DensityBins {
  const size = Math.max(width, height, 1) / longestSide
  const columns = Math.floor(width / size) + 1
  const rows = Math.floor(height / size) + 1
  const bins = { left, top, size, columns, rows }
  const binOf = new Uint32Array(n.count)
  const start = new Uint32Array(columns * rows + 1)
  for (let i = 0; i < n.count; i++) {
    binOf[i] = binAt(n, i, bins)
    start[binOf[i] + 1]++
  }
  for (let bin = 1; bin < start.length; bin++) start[bin] += start[bin - 1]
  const order = new Uint32Array(n.count)
  const next = start.slice()
  for (let i = 0; i < n.count; i++) order[next[binOf[i]]++] = i
  return { ...bins, order, start }
}

/** Input for the density picture. */
export interface DensityScene {
  readonly shown: ShownClasses
  readonly slots: Uint8Array
  readonly colouring: Pick<Colouring, 'rows'>
  readonly palette: Uint8Array
}

/**
 * Sums the nuclei inside the tissue by bin, each weighted by the opacity of its class. The colour of a bin is the mean
 * of their colours. Its opacity grows with the square root of the total and is full at the 95th percentile of the
 * non-empty bins.
 */
export function densityPicture({ order, start, ...bins }: DensityBins, scene: DensityScene): DensityPicture {
  const totals = new Float32Array(start.length - 1)
  const pixels = new Uint8Array(4 * totals.length)
  sumBins({ order, start, ...bins }, scene, null, totals, pixels)
  const full = percentile95(totals)
  for (let bin = 0; bin < totals.length; bin++) setOpacity(pixels, totals, bin, full)
  return { ...bins, pixels, totals, full }
}

/**
 * Updates a picture after nuclei at some positions changed. Returns the rows that changed, from … to − 1, or null if
 * all rows may have changed and the picture must be rebuilt.
 */
export function repaintDensity(
  picture: DensityPicture,
  bins: DensityBins,
  nuclei: Boxes,
  scene: DensityScene,
  positions: Uint32Array,
): { from: number; to: number } | null {
  const touched = uniqueAscending(positions.map((i) => binAt(nuclei, i, bins)))
  const { totals, pixels, full } = picture
  const before = Array.from(touched, (bin) => totals[bin])
  sumBins(bins, scene, touched, totals, pixels)
  // The opacity of every bin depends on all totals.
  if (before.some((total, k) => total !== totals[touched[k]])) return null
  for (const bin of touched) setOpacity(pixels, totals, bin, full)
  const row = (bin: number) => Math.floor(bin / bins.columns)
  return touched.length === 0 ? { from: 0, to: 0 } : { from: row(touched[0]), to: row(touched[touched.length - 1]) + 1 }
}

const setOpacity = (pixels: Uint8Array, totals: Float32Array, bin: number, full: number) => {
  if (totals[bin] > 0) pixels[4 * bin + 3] = fullOpacity * Math.min(1, Math.sqrt(totals[bin] / full))
}

/** Computes totals and mean colours of some bins (null: all) and sets their opacity to 0. */
function sumBins(
  { order, start }: DensityBins,
  scene: DensityScene,
  bins: Uint32Array | null,
  totals: Float32Array,
  pixels: Uint8Array,
): void {
  const { slots, palette } = scene
  const { classId, outside, uncertain, labelled } = scene.shown
  const hidesUnsure = hidesUnsureIn(palette)
  const { rows } = scene.colouring
  const weights = weightOfClass(slots, palette)
  const last = bins?.length ?? totals.length
  for (let b = 0; b < last; b++) {
    const bin = bins ? bins[b] : b
    let red = 0
    let green = 0
    let blue = 0
    let total = 0
    const end = start[bin + 1]
    for (let k = start[bin]; k < end; k++) {
      const i = order[k]
      if (outside[i] || (hidesUnsure && uncertain[i] && !labelled[i])) continue
      const weight = weights[classId[i]]
      const colour = rows[i] << 2
      red += weight * palette[colour]
      green += weight * palette[colour + 1]
      blue += weight * palette[colour + 2]
      total += weight
    }
    totals[bin] = total
    pixels[4 * bin + 3] = 0
    if (total === 0) continue
    pixels[4 * bin] = red / total
    pixels[4 * bin + 1] = green / total
    pixels[4 * bin + 2] = blue / total
  }
}

/** Returns the opacity of each class, 0 … 1, by class id. */
function weightOfClass(slots: Uint8Array, palette: Uint8Array): Float32Array {
  const weights = new Float32Array(slots.length)
  for (let id = 0; id < weights.length; id++) weights[id] = palette[opacityLine + 4 * slots[id] + 3] / 255
  return weights
}

const sampled = 4_096

/** Returns the 95th percentile of the non-empty bins, from a sample spread evenly over them, or 1 if all are empty. */
function percentile95(totals: Float32Array): number {
  let filled = 0
  for (let bin = 0; bin < totals.length; bin++) if (totals[bin] > 0) filled++
  if (filled === 0) return 1
  const step = Math.max(1, Math.floor(filled / sampled))
  const some = new Float32Array(Math.ceil(filled / step))
  let k = 0
  for (let bin = 0; bin < totals.length; bin++)
    if (totals[bin] > 0 && k++ % step === 0) some[(k - 1) / step] = totals[bin]
  return some.sort()[Math.floor(0.95 * (some.length - 1))]
}

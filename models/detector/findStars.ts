import { polygonMask } from '../geometry/polygonMask.ts'
import { heatStride, rayStride } from './config.ts'
import { starPolygon } from './starShape.ts'

/** The network's output for one picture of columns × rows cells of `heatStride` pixels. */
export interface DetectorMaps {
  readonly columns: number
  readonly rows: number
  /** [rows, columns], logits */
  readonly heat: Float32Array
  /** Distances in pixels, [R, rows, columns], in cells of `rayStride` pixels */
  readonly rays: Float32Array
}

export interface FoundStar {
  /** Outline in the picture's pixels, flat x, y. */
  readonly outline: Float64Array
  /** Probability of the centre. */
  readonly score: number
}

/** A peak's neighbourhood, cells: none within it may have a higher logit. */
const peakRadius = 2
/** Smallest length of a ray, pixels; without it an outline could collapse or cross itself. */
const leastLength = 0.5
/** Largest share of a nucleus that likelier ones may cover; if more is covered, it was found twice. */
const mostCovered = 0.5

/**
 * Returns the nuclei of one picture: the maxima of the heat map above `threshold`, highest first, each with its
 * outline. Leaves out those that are mostly covered by higher ones.
 */
export function findStars({ columns, rows, heat, rays }: DetectorMaps, threshold: number): FoundStar[] {
  const logit = Math.log(threshold / (1 - threshold))
  const perRay = rayStride / heatStride
  const rayColumns = columns / perRay
  const cells = rayColumns * (rows / perRay)
  const count = rays.length / cells
  const peaks: number[] = []
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) if (heat[i] > logit && isPeak(heat, columns, rows, x, y)) peaks.push(i)
  peaks.sort((a, b) => heat[b] - heat[a] || a - b)
  const width = columns * heatStride
  const taken = new Uint8Array(width * rows * heatStride)
  const found: FoundStar[] = []
  for (const i of peaks) {
    const column = Math.floor((i % columns) / perRay)
    const row = Math.floor(Math.floor(i / columns) / perRay)
    const cell = row * rayColumns + column
    const lengths = Float32Array.from({ length: count }, (_, k) => Math.max(rays[k * cells + cell], leastLength))
    const [x, y] = centreOf(heat, columns, rows, i)
    const outline = starPolygon(x, y, evened(lengths))
    const box = boxWithin(outline, width, rows * heatStride)
    const mask = polygonMask(outline, box)
    const { covered, area } = coverOf(mask, box, taken, width)
    if (area === 0 || covered > mostCovered * area) continue
    for (let v = 0, m = 0; v < box.height; v++)
      for (let u = 0; u < box.width; u++, m++) if (mask[m]) taken[(box.y + v) * width + box.x + u] = 1
    found.push({ outline, score: 1 / (1 + Math.exp(-heat[i])) })
  }
  return found
}

/** Whether a cell is a peak. Among equal neighbours, it is the first in reading order. */
function isPeak(heat: Float32Array, columns: number, rows: number, x: number, y: number): boolean {
  const own = heat[y * columns + x]
  for (let v = Math.max(y - peakRadius, 0); v <= Math.min(y + peakRadius, rows - 1); v++)
    for (let u = Math.max(x - peakRadius, 0); u <= Math.min(x + peakRadius, columns - 1); u++) {
      const other = heat[v * columns + u]
      if (other > own || (other === own && (v < y || (v === y && u < x)))) return false
    }
  return true
}

/** Returns a peak's place in pixels: the top of the parabolas through its cell and the neighbours on both sides. */
function centreOf(heat: Float32Array, columns: number, rows: number, peak: number): [number, number] {
  const [column, row] = [peak % columns, Math.floor(peak / columns)]
  const shift = (before: number, after: number): number => {
    const bend = before - 2 * heat[peak] + after
    return bend < 0 ? Math.min(Math.max((before - after) / (2 * bend), -0.5), 0.5) : 0
  }
  const across = column > 0 && column < columns - 1 ? shift(heat[peak - 1], heat[peak + 1]) : 0
  const down = row > 0 && row < rows - 1 ? shift(heat[peak - columns], heat[peak + columns]) : 0
  return [(column + 0.5 + across) * heatStride, (row + 0.5 + down) * heatStride]
}

/** Smooths neighbouring distances by ¼ ½ ¼, because nuclei have no spikes. */
function evened(lengths: Float32Array): Float32Array {
  const n = lengths.length
  return lengths.map((length, k) => length / 2 + (lengths[(k + n - 1) % n] + lengths[(k + 1) % n]) / 4)
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Returns the box of whole pixels around an outline, clipped to the picture. */
function boxWithin(outline: Float64Array, width: number, height: number): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < outline.length; i += 2) {
    left = Math.min(left, outline[i])
    right = Math.max(right, outline[i])
    top = Math.min(top, outline[i + 1])
    bottom = Math.max(bottom, outline[i + 1])
  }
  const x = Math.max(Math.floor(left), 0)
  const y = Math.max(Math.floor(top), 0)
  return { x, y, width: Math.min(Math.ceil(right), width) - x, height: Math.min(Math.ceil(bottom), height) - y }
}

function coverOf(mask: Uint8Array, box: Box, taken: Uint8Array, width: number): { covered: number; area: number } {
  let [covered, area] = [0, 0]
  for (let v = 0, m = 0; v < box.height; v++)
    for (let u = 0; u < box.width; u++, m++)
      if (mask[m]) {
        area++
        covered += taken[(box.y + v) * width + box.x + u]
      }
  return { covered, area }
}

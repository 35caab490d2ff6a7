import { boxWithin, polygonMask, type PixelBox } from '../geometry/polygonMask.ts'
import { cellSize } from './config.ts'
import { darkness, longestRay, outlineAround, type DetectorMaps, type Picture, type RaySettings } from './outlines.ts'

export interface FoundNucleus {
  /** Outline in the picture's pixels, flat x, y. */
  readonly outline: Float64Array
  /** Probability of the centre. */
  readonly score: number
}

/** A peak's neighbourhood, cells: none within it may have a higher logit. */
const peakRadius = 2
/** Largest share of a nucleus that likelier ones may cover; if more is covered, it was found twice. */
const mostCovered = 0.5

/**
 * Returns the nuclei of one picture: the maxima of the heat map above `threshold`, highest first, each with its
 * outline with a corner for each ray. Leaves out nuclei that are mostly covered by higher ones.
 * @param picture the pixels that the maps are of
 */
export function findNuclei(
  maps: DetectorMaps,
  picture: Picture,
  threshold: number,
  settings: RaySettings,
): FoundNucleus[] {
  const { columns, rows, heat } = maps
  const logit = Math.log(threshold / (1 - threshold))
  const peaks: Peak[] = []
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++)
      if (heat[i] > logit && isPeak(heat, columns, rows, x, y)) {
        const [px, py] = centreOf(heat, columns, rows, i)
        peaks.push({ x: px, y: py, heat: heat[i] })
      }
  peaks.sort((a, b) => b.heat - a.heat || a.y - b.y || a.x - b.x)
  const near = neighbours(peaks, longestRay / settings.mpp)
  const dark = darkness(picture)
  const width = columns * cellSize
  const taken = new Uint8Array(width * rows * cellSize)
  const found: FoundNucleus[] = []
  for (const peak of peaks) {
    const outline = outlineAround(maps, dark, peak, near(peak), settings)
    const box = boxWithin(outline, width, rows * cellSize)
    const mask = polygonMask(outline, box)
    const { covered, area } = coverOf(mask, box, taken, width)
    if (area === 0 || covered > mostCovered * area) continue
    for (let v = 0, m = 0; v < box.height; v++)
      for (let u = 0; u < box.width; u++, m++) if (mask[m]) taken[(box.y + v) * width + box.x + u] = 1
    found.push({ outline, score: 1 / (1 + Math.exp(-peak.heat)) })
  }
  return found
}

/** A maximum of the heat map; pixels. */
interface Peak {
  readonly x: number
  readonly y: number
  /** logit */
  readonly heat: number
}

/** Returns a function that lists the other peaks that a peak's rays of at most `longest` pixels can meet. */
function neighbours(peaks: readonly Peak[], longest: number): (peak: Peak) => Peak[] {
  const size = 2 * longest
  const key = (x: number, y: number) => `${Math.floor(x / size)},${Math.floor(y / size)}`
  const tiles = Map.groupBy(peaks, ({ x, y }) => key(x, y))
  return (peak) =>
    [-size, 0, size].flatMap((dx) =>
      [-size, 0, size].flatMap((dy) => (tiles.get(key(peak.x + dx, peak.y + dy)) ?? []).filter((one) => one !== peak)),
    )
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
  return [(column + 0.5 + across) * cellSize, (row + 0.5 + down) * cellSize]
}

function coverOf(mask: Uint8Array, box: PixelBox, taken: Uint8Array, width: number): { covered: number; area: number } {
  let [covered, area] = [0, 0]
  for (let v = 0, m = 0; v < box.height; v++)
    for (let u = 0; u < box.width; u++, m++)
      if (mask[m]) {
        area++
        covered += taken[(box.y + v) * width + box.x + u]
      }
  return { covered, area }
}

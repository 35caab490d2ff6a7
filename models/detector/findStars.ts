import { boxWithin, polygonMask, type PixelBox } from '../geometry/polygonMask.ts'
import { cellSize } from './config.ts'

/** The network's output for one picture, in cells of `cellSize` pixels: [rows, columns] each. */
export interface DetectorMaps {
  readonly columns: number
  readonly rows: number
  /** Logits that a nucleus's centre lies in the cell. */
  readonly heat: Float32Array
  /** Logits of the share of the cell that lies inside a nucleus. */
  readonly inside: Float32Array
}

export interface FoundStar {
  /** Outline in the picture's pixels, flat x, y. */
  readonly outline: Float64Array
  /** Probability of the centre. */
  readonly score: number
}

/** A peak's neighbourhood, cells: none within it may have a higher logit. */
const peakRadius = 2
/** Range of the length of a ray, pixels: 0.75 to 12 µm. */
const leastLength = 1.5
const mostLength = 24
/** Pixels from one sample along a ray to the next. */
const rayStep = 0.5
/** A ray ends where another centre is nearer than this share of the distance to its own. */
const nearerTo = 0.6
/** Largest length of a ray relative to the median of its nucleus; a longer one has leaked out. */
const mostOfMedian = 1.8
/** Largest share of a nucleus that likelier ones may cover; if more is covered, it was found twice. */
const mostCovered = 0.5

/**
 * Returns the nuclei of one picture: the maxima of the heat map above `threshold`, highest first, each with its
 * outline. The outline is followed along `rays` rays from the centre to where the inside of nuclei ends. Leaves out
 * nuclei that are mostly covered by higher ones.
 */
export function findStars(maps: DetectorMaps, threshold: number, rays: number): FoundStar[] {
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
  const near = neighbours(peaks)
  const width = columns * cellSize
  const taken = new Uint8Array(width * rows * cellSize)
  const found: FoundStar[] = []
  for (const peak of peaks) {
    const outline = starPolygon(peak.x, peak.y, evened(rayLengthsIn(maps, peak, near(peak), rays)))
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

/** Returns a function that lists the other peaks that a peak's rays can meet. */
function neighbours(peaks: readonly Peak[]): (peak: Peak) => Peak[] {
  const size = 2 * mostLength
  const key = (x: number, y: number) => `${Math.floor(x / size)},${Math.floor(y / size)}`
  const tiles = Map.groupBy(peaks, ({ x, y }) => key(x, y))
  return (peak) =>
    [-size, 0, size].flatMap((dx) =>
      [-size, 0, size].flatMap((dy) => (tiles.get(key(peak.x + dx, peak.y + dy)) ?? []).filter((one) => one !== peak)),
    )
}

/** Follows rays at equal angles from a centre, the first along +x, to the end of the nucleus. Returns their lengths. */
function rayLengthsIn(maps: DetectorMaps, { x, y }: Peak, others: readonly Peak[], rays: number): Float32Array {
  // Half of what is inside at the centre, if that is itself doubtful.
  const level = Math.min(0, logitOf(shareOf(insideAt(maps, x, y)) / 2))
  const lengths = Float32Array.from({ length: rays }, (_, k) => {
    const [dx, dy] = [Math.cos((2 * Math.PI * k) / rays), Math.sin((2 * Math.PI * k) / rays)]
    let last = insideAt(maps, x, y)
    for (let length = rayStep; length < mostLength; length += rayStep) {
      const [u, v] = [x + length * dx, y + length * dy]
      const here = insideAt(maps, u, v)
      if (here < level) return Math.max(length - rayStep + (rayStep * (last - level)) / (last - here), leastLength)
      const near = nearerTo * length
      if (others.some((other) => Math.abs(other.x - u) < near && Math.hypot(other.x - u, other.y - v) < near))
        return Math.max(length, leastLength)
      last = here
    }
    return mostLength
  })
  const median = lengths.toSorted()[rays >> 1]
  return lengths.map((length) => Math.min(length, mostOfMedian * median))
}

/**
 * Returns the corners of an outline, flat x, y: the ends of rays from an inner point (x, y) at equal angles. The first
 * ray points along +x, the next ones turn towards +y (Schmidt et al. 2018, "Cell Detection with Star-Convex Polygons").
 */
function starPolygon(x: number, y: number, lengths: ArrayLike<number>): Float64Array {
  const { length: count } = lengths
  const ring = new Float64Array(2 * count)
  for (let k = 0; k < count; k++) {
    const angle = (2 * Math.PI * k) / count
    ring[2 * k] = x + lengths[k] * Math.cos(angle)
    ring[2 * k + 1] = y + lengths[k] * Math.sin(angle)
  }
  return ring
}

const shareOf = (logit: number): number => 1 / (1 + Math.exp(-logit))
const logitOf = (share: number): number => Math.log(share / (1 - share))

/** Interpolates the logits of the inside at a point, pixels. Beyond the picture they are those of its edge. */
function insideAt({ columns, rows, inside }: DetectorMaps, x: number, y: number): number {
  const u = Math.min(Math.max(x / cellSize - 0.5, 0), columns - 1)
  const v = Math.min(Math.max(y / cellSize - 0.5, 0), rows - 1)
  const [left, top] = [Math.floor(u), Math.floor(v)]
  const [right, bottom] = [Math.min(left + 1, columns - 1), Math.min(top + 1, rows - 1)]
  const [fu, fv] = [u - left, v - top]
  const upper = inside[top * columns + left] * (1 - fu) + inside[top * columns + right] * fu
  const lower = inside[bottom * columns + left] * (1 - fu) + inside[bottom * columns + right] * fu
  return upper * (1 - fv) + lower * fv
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

/** Smooths neighbouring lengths by ¼ ½ ¼, because nuclei have no spikes. */
function evened(lengths: Float32Array): Float32Array {
  const n = lengths.length
  return lengths.map((length, k) => length / 2 + (lengths[(k + n - 1) % n] + lengths[(k + 1) % n]) / 4)
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

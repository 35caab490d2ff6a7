import { perimeterOf, centroidOf } from '../geometry/outline.ts'
import { separateStains } from '../tissue/stains.ts'
import { nucleusFeatures } from './nucleusFeatures.ts'
import { polygonMask } from '../geometry/polygonMask.ts'

/** Width of the ring around a nucleus that stands for its cytoplasm, µm: QuPath's default cell expansion. */
const ring = 5
/** Radius over which measurements are averaged, µm: QuPath's default for smoothed features. */
const smoothing = 25

/**
 * Measures nuclei as QuPath does: colour, size and shape; haematoxylin, eosin and optical density (mean, deviation, least
 * and most) of the nucleus and of a ring around it; then all of these averaged over the neighbourhood, and how many
 * nuclei are in it. Stains are separated with Ruifrok & Johnston's vectors.
 * The first `ownWidth(width)` columns are the nucleus's own, the others its neighbourhood's.
 * @param rgb interleaved pixels of the picture
 * @param outlines x, y, … in pixels, one for each nucleus
 * @returns [n, width]
 */
export function measurements(
  rgb: Uint8Array,
  width: number,
  height: number,
  outlines: readonly ArrayLike<number>[],
  mpp: number,
): Float64Array {
  const { haematoxylin, eosin } = separateStains(rgb, width, height)
  const density = Float32Array.from(haematoxylin, (h, i) => h + eosin[i])
  const planes = [haematoxylin, eosin, density]
  const owner = new Int32Array(width * height).fill(-1)
  const boxes = outlines.map((outline) => boxAround(outline, 0, width, height))
  outlines.forEach((outline, i) => {
    const mask = polygonMask(Float64Array.from(outline), boxes[i])
    eachPixel(boxes[i], (x, y, k) => {
      if (mask[k]) owner[y * width + x] = i
    })
  })
  const own = outlines.map((outline, i) => {
    const points = Float64Array.from(outline)
    const [inside, around]: [number[], number[]] = [[], []]
    const near = boxAround(outline, ring / mpp, width, height)
    eachPixel(near, (x, y) => {
      const at = y * width + x
      if (owner[at] === i) inside.push(at)
      else if (owner[at] === -1) around.push(at)
    })
    const { x, y, width: w, height: h } = boxes[i]
    const shape = nucleusFeatures(rgb, width, (px, py) => owner[py * width + px] === i, [x, y, x + w, y + h])
    const perimeter = perimeterOf(points)
    const circularity = (4 * Math.PI * inside.length) / Math.max(1, perimeter * perimeter)
    return [
      ...[...shape, perimeter, circularity],
      ...planes.flatMap((plane) => [...statistics(plane, inside), ...statistics(plane, around)]),
    ]
  })
  const centres = outlines.map((outline) => centroidOf(outline))
  return Float64Array.from(own.flatMap((row, i) => [...row, ...neighbourhood(own, centres, i, smoothing / mpp)]))
}

/** Returns how many of `width` measurements are the nucleus's own, as QuPath has them before it smooths. */
export const ownWidth = (width: number): number => (width - 1) / 2

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function boxAround(outline: ArrayLike<number>, margin: number, width: number, height: number): Box {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let k = 0; k < outline.length; k += 2) {
    x0 = Math.min(x0, outline[k])
    x1 = Math.max(x1, outline[k])
    y0 = Math.min(y0, outline[k + 1])
    y1 = Math.max(y1, outline[k + 1])
  }
  const [x, y] = [Math.max(0, Math.floor(x0 - margin)), Math.max(0, Math.floor(y0 - margin))]
  return {
    x,
    y,
    width: Math.max(0, Math.min(width, Math.ceil(x1 + margin)) - x),
    height: Math.max(0, Math.min(height, Math.ceil(y1 + margin)) - y),
  }
}

function eachPixel({ x, y, width, height }: Box, see: (x: number, y: number, k: number) => void): void {
  for (let v = 0; v < height; v++) for (let u = 0; u < width; u++) see(x + u, y + v, v * width + u)
}

/** Mean, standard deviation, least and most of a plane at some pixels; zeros where there are none. */
function statistics(plane: Float32Array, pixels: readonly number[]): number[] {
  if (pixels.length === 0) return [0, 0, 0, 0]
  let [sum, squares, least, most] = [0, 0, Infinity, -Infinity]
  for (const at of pixels) {
    const v = plane[at]
    sum += v
    squares += v * v
    least = Math.min(least, v)
    most = Math.max(most, v)
  }
  const mean = sum / pixels.length
  return [mean, Math.sqrt(Math.max(0, squares / pixels.length - mean * mean)), least, most]
}

/** The number of nuclei within `radius` pixels, and the means of their rows weighted by a Gaussian of that radius. */
function neighbourhood(
  rows: readonly number[][],
  centres: readonly (readonly [number, number])[],
  i: number,
  radius: number,
): number[] {
  const mean = rows[i].map(() => 0)
  let [weights, count] = [0, 0]
  centres.forEach(([x, y], j) => {
    const square = ((x - centres[i][0]) ** 2 + (y - centres[i][1]) ** 2) / radius ** 2
    if (square > 4) return
    if (square <= 1) count++
    const weight = Math.exp(-2 * square)
    weights += weight
    rows[j].forEach((v, k) => (mean[k] += weight * v))
  })
  return [count, ...mean.map((v) => v / weights)]
}

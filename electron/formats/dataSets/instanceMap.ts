import { traceContour } from '../../../models/geometry/outline.ts'

/** A picture in which the value of a pixel is the number of the instance there, 0 = none. Row by row. */
export interface InstanceMap {
  readonly width: number
  readonly height: number
  readonly at: ArrayLike<number>
}
/** The instances of a map, in the order of their values. */
export interface Instances {
  readonly value: Uint32Array
  /** xmin, ymin, xmax, ymax, pixels; the maxima are exclusive. */
  readonly boxes: Float32Array
}

/** Returns the boxes of all instances of a map. */
export function instancesOf({ width, height, at }: InstanceMap): Instances {
  const boxes = new Map<number, [number, number, number, number]>()
  let last = 0
  let box: [number, number, number, number] = [0, 0, 0, 0]
  for (let y = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, p++) {
      const value = at[p]
      if (value === 0) continue
      if (value !== last) {
        last = value
        const known = boxes.get(value)
        if (known) box = known
        else boxes.set(value, (box = [x, y, x + 1, y + 1]))
      }
      if (x < box[0]) box[0] = x
      if (x >= box[2]) box[2] = x + 1
      if (y >= box[3]) box[3] = y + 1
    }
  const sorted = [...boxes].sort(([a], [b]) => a - b)
  return {
    value: Uint32Array.from(sorted, ([value]) => value),
    boxes: Float32Array.from(sorted.flatMap(([, box]) => box)),
  }
}

/**
 * Returns a map of a mask's 4-connected components, numbered from 1 in reading order. Nuclei that touch only at a
 * corner are two components.
 */
export const components = ({ width, height, at }: InstanceMap): InstanceMap => ({
  width,
  height,
  at: pieces(
    width,
    height,
    (p) => at[p] !== 0,
    () => true,
  ),
})

/** Numbers the 4-connected pieces of the pixels that are `in`, from 1 in reading order, where neighbours p and q are `one`. */
function pieces(
  width: number,
  height: number,
  isIn: (p: number) => boolean,
  isOne: (p: number, q: number) => boolean,
): Uint32Array {
  const labels = new Uint32Array(width * height)
  const stack: number[] = []
  let count = 0
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] || !isIn(start)) continue
    labels[start] = ++count
    stack.push(start)
    while (stack.length) {
      const p = stack.pop()!
      const x = p % width
      for (const q of [x > 0 ? p - 1 : -1, x + 1 < width ? p + 1 : -1, p - width, p + width])
        if (q >= 0 && q < labels.length && !labels[q] && isIn(q) && isOne(p, q)) {
          labels[q] = count
          stack.push(q)
        }
    }
  }
  return labels
}

/**
 * Returns the outline of each instance along the sides of its pixels, as a flat x, y list. A pixel's centre is at +0.5.
 * If an instance is in several pieces, the outline is that of the largest.
 */
export function outlinesOf(map: InstanceMap, { value, boxes }: Instances): Float64Array[] {
  let inBoxes = 0
  for (let i = 0; i < boxes.length; i += 4) inBoxes += (boxes[i + 2] - boxes[i]) * (boxes[i + 3] - boxes[i + 1])
  if (inBoxes > mostLooks * map.width * map.height) return scatteredOutlines(map, value)
  return Array.from(value, (v, i) => outlineOf(map, v, boxes.subarray(4 * i, 4 * i + 4)))
}

/** Boxes of nuclei hardly overlap. Those of a picture that is no label image do, and each pixel would be looked at for ever. */
const mostLooks = 16

/** As outlinesOf, in one pass over the map: for instances whose pixels lie everywhere. */
function scatteredOutlines({ width, height, at }: InstanceMap, value: Uint32Array): Float64Array[] {
  const piece = pieces(
    width,
    height,
    (p) => at[p] !== 0,
    (p, q) => at[p] === at[q],
  )
  const last = piece.reduce((most, n) => Math.max(most, n), 0)
  const [size, first] = [new Uint32Array(last + 1), new Uint32Array(last + 1)]
  for (let p = piece.length - 1; p >= 0; p--) {
    size[piece[p]]++
    first[piece[p]] = p
  }
  const largest = new Map<number, number>()
  for (let n = 1; n <= last; n++) {
    const best = largest.get(at[first[n]])
    if (best === undefined || size[n] > size[best]) largest.set(at[first[n]], n)
  }
  return Array.from(value, (v) => {
    const own = largest.get(v)!
    const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && piece[y * width + x] === own
    const start = { x: first[own] % width, y: Math.floor(first[own] / width) }
    return traceContour(inside, start, (x, y) => (inside(x, y) ? 1 : 0), 0.5)
  })
}

function outlineOf({ width, at }: InstanceMap, value: number, [x0, y0, x1, y1]: Float32Array): Float64Array {
  const [w, h] = [x1 - x0, y1 - y0]
  const piece = new Uint32Array(w * h) // number of the piece at each pixel of the box, from 1; 0 = none
  const isIn = (x: number, y: number) => x >= 0 && y >= 0 && x < w && y < h && at[(y + y0) * width + x + x0] === value
  let [largest, size, pieces] = [0, 0, 0]
  const stack: number[] = []
  for (let start = 0; start < piece.length; start++) {
    if (piece[start] || !isIn(start % w, Math.floor(start / w))) continue
    let count = 0
    piece[start] = ++pieces
    stack.push(start)
    while (stack.length) {
      const p = stack.pop()!
      count++
      const [x, y] = [p % w, Math.floor(p / w)]
      for (const [u, v] of [
        [x - 1, y],
        [x + 1, y],
        [x, y - 1],
        [x, y + 1],
      ])
        if (isIn(u, v) && !piece[v * w + u]) {
          piece[v * w + u] = pieces
          stack.push(v * w + u)
        }
    }
    if (count > size) [largest, size] = [pieces, count]
  }
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < w && y < h && piece[y * w + x] === largest
  const first = piece.indexOf(largest)
  const start = { x: first % w, y: Math.floor(first / w) }
  const outline = traceContour(inside, start, (x, y) => (inside(x, y) ? 1 : 0), 0.5)
  return outline.map((v, k) => v + (k % 2 ? y0 : x0))
}

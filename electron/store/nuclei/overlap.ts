import type { Nuclei } from '../../contract/index.ts'

/** Number of horizontal lines on which the overlap of two outlines is measured. */
const lines = 12

/** Returns the area of each outline (shoelace formula), level-0 pixels². Without an outline, the area of the box. */
export function areasOf({ count, box, outline, outlineStart }: Nuclei): Float64Array {
  const areas = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const [from, to] = [2 * outlineStart[i], 2 * outlineStart[i + 1]]
    let sum = 0
    for (let v = from, u = to - 2; v < to; u = v, v += 2)
      sum += outline[u] * outline[v + 1] - outline[v] * outline[u + 1]
    areas[i] = from === to ? (box[4 * i + 2] - box[4 * i]) * (box[4 * i + 3] - box[4 * i + 1]) : Math.abs(sum) / 2
  }
  return areas
}

/**
 * Returns the area that nucleus i of a and nucleus j of b share, level-0 pixels². Estimated from the lengths that they
 * share on horizontal lines.
 */
export function sharedArea(a: Nuclei, i: number, b: Nuclei, j: number): number {
  const dy = b.origin[1] - a.origin[1]
  const top = Math.max(a.box[4 * i + 1], b.box[4 * j + 1] + dy)
  const bottom = Math.min(a.box[4 * i + 3], b.box[4 * j + 3] + dy)
  if (bottom <= top) return 0
  let length = 0
  for (let k = 0; k < lines; k++) {
    const y = top + ((k + 0.5) * (bottom - top)) / lines
    length += sharedLength(crossings(a, i, y, 0), crossings(b, j, y - dy, b.origin[0] - a.origin[0]))
  }
  return (length * (bottom - top)) / lines
}

/** Returns the x at which the line at height y crosses an outline, left to right (even–odd rule). */
function crossings({ box, outline, outlineStart }: Nuclei, i: number, y: number, dx: number): number[] {
  const [from, to] = [2 * outlineStart[i], 2 * outlineStart[i + 1]]
  if (from === to) return [box[4 * i] + dx, box[4 * i + 2] + dx]
  const xs: number[] = []
  for (let v = from, u = to - 2; v < to; u = v, v += 2)
    if (outline[v + 1] > y !== outline[u + 1] > y)
      xs.push(dx + outline[v] + ((outline[u] - outline[v]) * (y - outline[v + 1])) / (outline[u + 1] - outline[v + 1]))
  return xs.sort((p, q) => p - q)
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let shared = 0
  for (let p = 0; p + 1 < a.length; p += 2)
    for (let q = 0; q + 1 < b.length; q += 2) shared += Math.max(0, Math.min(a[p + 1], b[q + 1]) - Math.max(a[p], b[q]))
  return shared
}

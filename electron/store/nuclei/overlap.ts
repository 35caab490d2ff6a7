import type { Nuclei } from '../../contract/index.ts'

/** Lines across the shared height of two outlines on which their overlap is measured. */
const lines = 12

/** Area of each outline (shoelace), level-0 pixels²; the box's where there is no outline. */
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

/** Area that nucleus i of a and nucleus j of b share, by the lengths they share on lines across it (level-0 pixels²). */
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

/** Where the line at height y enters and leaves an outline, left to right (even–odd rule). */
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

import type { Nuclei } from './nuclei.ts'

/** Returns the nuclei at `index`, in that order, with boxes and outlines relative to a new origin. */
export function takeNuclei(from: Nuclei, index: ArrayLike<number>): Nuclei {
  return joinNuclei([{ nuclei: from, index }])
}

/** Concatenates the nuclei of all `parts`. */
export function concatNuclei(parts: readonly Nuclei[]): Nuclei {
  if (parts.length === 1) return parts[0]
  return joinNuclei(parts.map((nuclei) => ({ nuclei, index: { length: nuclei.count } })))
}

/** Returns the same nuclei with other ids. */
export const withIds = (nuclei: Nuclei, id: Uint32Array): Nuclei => ({ ...nuclei, id })

export type Picked = { readonly nuclei: Nuclei; readonly index: ArrayLike<number> }

// An index with a length but no numbers means "all, in order", and needs no memory for a million nuclei.
const at = (index: ArrayLike<number>, k: number) => index[k] ?? k

/** Concatenates picked nuclei of several sets. */
export function joinNuclei(picked: readonly Picked[]): Nuclei {
  const origin = commonOrigin(picked)
  let count = 0
  let points = 0
  for (const { nuclei, index } of picked) {
    count += index.length
    for (let k = 0; k < index.length; k++) {
      const i = at(index, k)
      points += nuclei.outlineStart[i + 1] - nuclei.outlineStart[i]
    }
  }
  const joined = {
    count,
    origin,
    id: new Uint32Array(count),
    box: new Float32Array(4 * count),
    outlineStart: new Uint32Array(count + 1),
    outline: new Float32Array(2 * points),
    source: new Uint8Array(count),
  }
  let n = 0
  let p = 0
  for (const { nuclei, index } of picked) {
    const dx = nuclei.origin[0] - origin[0]
    const dy = nuclei.origin[1] - origin[1]
    for (let k = 0; k < index.length; k++, n++) {
      const i = at(index, k)
      joined.id[n] = nuclei.id[i]
      joined.source[n] = nuclei.source[i]
      for (let b = 0; b < 4; b++) joined.box[4 * n + b] = nuclei.box[4 * i + b] + (b & 1 ? dy : dx)
      for (let v = 2 * nuclei.outlineStart[i]; v < 2 * nuclei.outlineStart[i + 1]; v++)
        joined.outline[p++] = nuclei.outline[v] + (v & 1 ? dy : dx)
      joined.outlineStart[n + 1] = p / 2
    }
  }
  return joined
}

/**
 * Extent, px, up to which float32 keeps hundredths of a pixel apart. Wider sets get their origin in the middle, which
 * doubles it.
 */
const exactReach = 131_072

function commonOrigin(picked: readonly Picked[]): Float64Array {
  const from = [Infinity, Infinity]
  const to = [-Infinity, -Infinity]
  for (const { nuclei, index } of picked)
    for (let k = 0; k < index.length; k++)
      for (let axis = 0; axis < 2; axis++) {
        const box = 4 * at(index, k) + axis
        from[axis] = Math.min(from[axis], nuclei.origin[axis] + nuclei.box[box])
        to[axis] = Math.max(to[axis], nuclei.origin[axis] + nuclei.box[box + 2])
      }
  return Float64Array.from([0, 1], (axis) => {
    if (!Number.isFinite(from[axis])) return 0
    return Math.floor(to[axis] - from[axis] <= exactReach ? from[axis] : (from[axis] + to[axis]) / 2)
  })
}

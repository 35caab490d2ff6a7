import type { Nuclei } from '../contract/index.ts'

/** The nuclei at `index`, in that order, with boxes and outlines relative to `origin` (default: their own bounds). */
export function takeNuclei(from: Nuclei, index: ArrayLike<number>): Nuclei {
  return joinNuclei([{ nuclei: from, index }])
}

/** All nuclei of `parts`, one after the other. */
export function concatNuclei(parts: readonly Nuclei[]): Nuclei {
  if (parts.length === 1) return parts[0]
  return joinNuclei(parts.map((nuclei) => ({ nuclei, index: { length: nuclei.count } })))
}

/** The same nuclei under other ids. */
export const withIds = (nuclei: Nuclei, id: Uint32Array): Nuclei => ({ ...nuclei, id })

type Picked = { readonly nuclei: Nuclei; readonly index: ArrayLike<number> }

// An index without numbers (length only) means "all in order": nothing to allocate for a million nuclei.
const at = (index: ArrayLike<number>, k: number) => index[k] ?? k

function joinNuclei(picked: readonly Picked[]): Nuclei {
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

function commonOrigin(picked: readonly Picked[]): Float64Array {
  let x = Infinity
  let y = Infinity
  for (const { nuclei, index } of picked)
    for (let k = 0; k < index.length; k++) {
      x = Math.min(x, nuclei.origin[0] + nuclei.box[4 * at(index, k)])
      y = Math.min(y, nuclei.origin[1] + nuclei.box[4 * at(index, k) + 1])
    }
  return Float64Array.of(Number.isFinite(x) ? Math.floor(x) : 0, Number.isFinite(y) ? Math.floor(y) : 0)
}

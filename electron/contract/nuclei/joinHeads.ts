import type { NucleusHead } from './packedNuclei.ts'

/** The heads of several chunks joined into one, and where each nucleus comes from. */
export interface JoinedHeads {
  readonly head: NucleusHead
  /** Index of the part that each nucleus comes from. Length count. */
  readonly part: Uint16Array
  /** Position of each nucleus within that part. Length count. */
  readonly index: Uint32Array
}

/** Joins the nuclei of several chunks for which `keep` is true. Boxes become relative to a common origin. */
export function joinHeads(parts: readonly NucleusHead[], keep: (part: number, i: number) => boolean): JoinedHeads {
  const room = parts.reduce((sum, part) => sum + part.count, 0)
  const partOf = new Uint16Array(room)
  const indexOf = new Uint32Array(room)
  let count = 0
  parts.forEach((part, p) => {
    for (let i = 0; i < part.count; i++)
      if (keep(p, i)) {
        partOf[count] = p
        indexOf[count++] = i
      }
  })
  const origin = commonOrigin(parts)
  const head = {
    count,
    origin,
    id: new Uint32Array(count),
    box: new Float32Array(4 * count),
    source: new Uint8Array(count),
    since: new Uint32Array(count),
  }
  for (let n = 0; n < count; n++) {
    const part = parts[partOf[n]]
    const i = indexOf[n]
    const dx = part.origin[0] - origin[0]
    const dy = part.origin[1] - origin[1]
    head.id[n] = part.id[i]
    head.source[n] = part.source[i]
    head.since[n] = part.since[i]
    head.box[4 * n] = part.box[4 * i] + dx
    head.box[4 * n + 1] = part.box[4 * i + 1] + dy
    head.box[4 * n + 2] = part.box[4 * i + 2] + dx
    head.box[4 * n + 3] = part.box[4 * i + 3] + dy
  }
  return {
    head,
    part: count === room ? partOf : partOf.slice(0, count),
    index: count === room ? indexOf : indexOf.slice(0, count),
  }
}

function commonOrigin(parts: readonly NucleusHead[]): Float64Array {
  const filled = parts.filter((part) => part.count > 0)
  return Float64Array.from([0, 1], (axis) =>
    filled.length === 0 ? 0 : Math.min(...filled.map((part) => part.origin[axis])),
  )
}

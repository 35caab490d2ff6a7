import type { NucleusHead } from '../contract/index.ts'

/** The heads of several chunks as one, those for which `keep` holds. */
export function joinHeads(parts: readonly NucleusHead[], keep: (part: number, i: number) => boolean): NucleusHead {
  const kept = parts.map((part, p) => Uint32Array.from(part.id.keys()).filter((i) => keep(p, i)))
  const count = kept.reduce((sum, index) => sum + index.length, 0)
  const filled = parts.filter((part) => part.count > 0)
  const origin = Float64Array.of(
    ...[0, 1].map((axis) => filled.reduce((least, part) => Math.min(least, part.origin[axis]), Infinity)),
  ).map((value) => (Number.isFinite(value) ? value : 0))
  const head = {
    count,
    origin,
    id: new Uint32Array(count),
    box: new Float32Array(4 * count),
    source: new Uint8Array(count),
    since: new Uint32Array(count),
  }
  let n = 0
  parts.forEach((part, p) => {
    const [dx, dy] = [part.origin[0] - origin[0], part.origin[1] - origin[1]]
    for (const i of kept[p]) {
      head.id[n] = part.id[i]
      head.source[n] = part.source[i]
      head.since[n] = part.since[i]
      head.box[4 * n] = part.box[4 * i] + dx
      head.box[4 * n + 1] = part.box[4 * i + 1] + dy
      head.box[4 * n + 2] = part.box[4 * i + 2] + dx
      head.box[4 * n + 3] = part.box[4 * i + 3] + dy
      n++
    }
  })
  return head
}

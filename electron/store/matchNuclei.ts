import Flatbush from 'flatbush'
import { boxOf, type Nuclei } from '../contract/index.ts'

/** Boxes that share less of their union than this are different nuclei, unless each holds the other's centre. */
const minimalOverlap = 0.3

/**
 * Which old nucleus each new one is: its position in `old`, or −1. One-to-one, best overlap of boxes (intersection over
 * union) first.
 */
export function matchNuclei(old: Nuclei, next: Nuclei): Int32Array {
  const match = new Int32Array(next.count).fill(-1)
  if (old.count === 0 || next.count === 0) return match
  const index = boxIndex(old)
  const pairs: { overlap: number; a: number; b: number }[] = []
  for (let b = 0; b < next.count; b++) {
    const box = boxOf(next, b)
    for (const a of index.search(...box)) {
      const other = boxOf(old, a)
      const overlap = overlapOf(box, other)
      if (overlap >= minimalOverlap || (holdsCentre(box, other) && holdsCentre(other, box)))
        pairs.push({ overlap, a, b })
    }
  }
  pairs.sort((p, q) => q.overlap - p.overlap || p.b - q.b || p.a - q.a)
  const taken = new Uint8Array(old.count)
  for (const { a, b } of pairs)
    if (!taken[a] && match[b] < 0) {
      taken[a] = 1
      match[b] = a
    }
  return match
}

/** 1 for each of `next` whose box touches the box of any old nucleus. */
export function touching(old: Nuclei, next: Nuclei): Uint8Array {
  const touches = new Uint8Array(next.count)
  if (old.count === 0) return touches
  const index = boxIndex(old)
  for (let b = 0; b < next.count; b++) touches[b] = index.search(...boxOf(next, b)).length > 0 ? 1 : 0
  return touches
}

function boxIndex(nuclei: Nuclei): Flatbush {
  const index = new Flatbush(nuclei.count, 16, Float64Array)
  for (let i = 0; i < nuclei.count; i++) index.add(...boxOf(nuclei, i))
  index.finish()
  return index
}

type Box = readonly [number, number, number, number]

function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const area = (box: Box) => (box[2] - box[0]) * (box[3] - box[1])
  return (width * height) / (area(a) + area(b) - width * height)
}

function holdsCentre(box: Box, other: Box): boolean {
  const x = (other[0] + other[2]) / 2
  const y = (other[1] + other[3]) / 2
  return x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]
}

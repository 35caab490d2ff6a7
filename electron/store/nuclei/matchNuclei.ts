import Flatbush from 'flatbush'
import { type Nuclei } from '../../contract/index.ts'
import { areasOf, sharedArea } from './overlap.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

/** Two outlines are the same nucleus if their intersection is at least this share of their union … */
const minIou = 0.25
/** … or of the smaller outline: for detectors that draw a nucleus far larger or smaller. */
const minCover = 0.6
/** A new outline with at least this share of its area inside a kept nucleus is that nucleus or a piece of it. */
const minInside = 0.5

export interface Matches {
  /** For each of `next`, the position of its match in `old`; −1: none. One-to-one, largest overlap first. */
  readonly match: Int32Array
  /** For each of `next`, the position of a nucleus in `old` that contains at least half of it; −1: none. */
  readonly inside: Int32Array
}

/** Matches new nuclei to old ones by the overlap of their outlines. */
export function matchNuclei(old: Nuclei, next: Nuclei): Matches {
  const match = new Int32Array(next.count).fill(-1)
  const inside = new Int32Array(next.count).fill(-1)
  if (old.count === 0 || next.count === 0) return { match, inside }
  const index = boxIndex(old)
  const [oldArea, nextArea] = [areasOf(old), areasOf(next)]
  const pairs: { share: number; a: number; b: number }[] = []
  for (let b = 0; b < next.count; b++)
    for (const a of index.search(...boxOf(next, b))) {
      const shared = sharedArea(old, a, next, b)
      if (shared <= 0) continue
      const share = shared / (oldArea[a] + nextArea[b] - shared)
      if (share >= minIou || shared >= minCover * Math.min(oldArea[a], nextArea[b])) pairs.push({ share, a, b })
      if (shared >= minInside * nextArea[b]) inside[b] = a
    }
  pairs.sort((p, q) => q.share - p.share || p.b - q.b || p.a - q.a)
  const taken = new Uint8Array(old.count)
  for (const { a, b } of pairs)
    if (!taken[a] && match[b] < 0) {
      taken[a] = 1
      match[b] = a
    }
  return { match, inside }
}

/** Returns 1 for each of `next` whose box touches the box of any old nucleus. */
export function touchesOld(old: Boxes, next: Boxes): Uint8Array {
  const touches = new Uint8Array(next.count)
  if (old.count === 0) return touches
  const index = boxIndex(old)
  for (let b = 0; b < next.count; b++) touches[b] = index.search(...boxOf(next, b)).length > 0 ? 1 : 0
  return touches
}

type Boxes = Pick<Nuclei, 'count' | 'origin' | 'box'>

function boxIndex(nuclei: Boxes): Flatbush {
  const index = new Flatbush(nuclei.count, 16, Float64Array)
  for (let i = 0; i < nuclei.count; i++) index.add(...boxOf(nuclei, i))
  index.finish()
  return index
}

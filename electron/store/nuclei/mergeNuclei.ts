import { nucleusSources, type Nuclei, type Rect } from '../../contract/index.ts'
import { packChunk, unpackChunk, type PackedChunk } from './chunk.ts'
import { matchNuclei } from './matchNuclei.ts'
import { joinVersioned, type VersionedNuclei } from './outlineChanges.ts'
import type { EditedNuclei } from './editedNuclei.ts'
import { chunkSize, mortonOrder } from './mortonOrder.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'
import { concatNuclei, takeNuclei, withIds } from '../../../models/nuclei/join.ts'

/** The nuclei of a slide before a merge. */
export interface SlideNuclei {
  /** As detected or imported, including those that users redrew or deleted. */
  readonly found: VersionedNuclei
  /** Outlines that users drew. Every merge keeps them. */
  readonly drawn: Nuclei
  /** Ids of nuclei that users drew, redrew or deleted. */
  readonly overridden: ReadonlySet<number>
  /** The version that the slide's nuclei have after the merge. */
  readonly version: number
}

/** The same, packed as in the file. */
export interface PackedSlide {
  readonly chunks: readonly { readonly head: Uint8Array; readonly outlines: Uint8Array }[]
  readonly drawn: Nuclei
  readonly overridden: Uint32Array
  readonly version: number
}

/** Throws DamagedFileError ('unreadable') if a chunk is damaged. */
export const unpackSlide = ({ chunks, drawn, overridden, version }: PackedSlide): SlideNuclei => ({
  found: joinVersioned(chunks.map(unpackChunk)),
  drawn,
  overridden: new Set(overridden),
  version,
})

/** The part of a slide that a detection searched for the second time. */
export type SearchedTwice = Rect | 'everywhere' | 'nowhere'

/** The nuclei of a slide after a merge. */
export interface Merged {
  /** Nuclei with id 0 are new and still need an id. */
  readonly nuclei: Nuclei
  readonly since: Uint32Array
  /** Ids of labelled nuclei whose label moved to a newly detected outline. */
  readonly movedLabels: Uint32Array
  /** Ids of labelled nuclei that were not detected again. They keep their old outline. */
  readonly unmatched: Uint32Array
  /** Ids of nuclei that were removed. */
  readonly gone: Uint32Array
  /**
   * For each nucleus that was merged in: its position in `nuclei`, or −1 − the id of the existing nucleus that was kept
   * instead.
   */
  readonly placement: Float64Array
}

/**
 * Merges a detection into a slide's nuclei. A new outline takes the id, and so the label, of the old nucleus that it
 * overlaps. Nuclei that users drew, deleted or imported stay as they are, and no second nucleus is added there. An old
 * detected nucleus inside `searchedTwice` that was not detected again is removed, unless a user ever labelled or edited
 * it.
 */
export function mergeDetection(
  slide: SlideNuclei,
  detection: Nuclei,
  { everEdited, labelled }: EditedNuclei,
  searchedTwice: SearchedTwice = 'everywhere',
): Merged {
  const isLabelled = (id: number) => labelled[id] === 1
  const isNamed = (id: number) => everEdited[id] === 1 || isLabelled(id)
  const { nuclei: old, since } = slide.found
  const all = concatNuclei([old, slide.drawn])
  const { match, inside } = matchNuclei(all, detection)
  const detected = nucleusSources.indexOf('detected')
  const isFixed = (a: number) => a >= old.count || old.source[a] !== detected || slide.overridden.has(old.id[a])
  const matched = new Uint8Array(all.count)
  const ids = new Uint32Array(detection.count)
  const dates = new Uint32Array(detection.count).fill(slide.version)
  const taken: number[] = []
  const movedLabels: number[] = []
  const placement = new Float64Array(detection.count)
  match.forEach((a, b) => {
    if (a >= 0) matched[a] = 1
    const fixed = a >= 0 && isFixed(a) ? a : a < 0 && inside[b] >= 0 && isFixed(inside[b]) ? inside[b] : -1
    if (fixed >= 0) return void (placement[b] = -1 - all.id[fixed])
    taken.push(b)
    if (a < 0) return
    ids[b] = old.id[a]
    if (sameOutline(old, a, detection, b)) dates[b] = since[a]
    if (isLabelled(old.id[a])) movedLabels.push(old.id[a])
  })
  const kept: number[] = []
  const unmatched: number[] = []
  const goneIds: number[] = []
  for (let a = 0; a < old.count; a++) {
    if (isFixed(a)) kept.push(a)
    else if (matched[a]) continue
    else if (isNamed(old.id[a])) {
      kept.push(a)
      if (isLabelled(old.id[a])) unmatched.push(old.id[a])
    } else if (!isWithin(old, a, searchedTwice)) kept.push(a)
    else goneIds.push(old.id[a])
  }
  taken.forEach((b, k) => (placement[b] = kept.length + k))
  return {
    nuclei: concatNuclei([takeNuclei(old, kept), takeNuclei(withIds(detection, ids), taken)]),
    since: Uint32Array.from([...kept.map((a) => since[a]), ...taken.map((b) => dates[b])]),
    movedLabels: Uint32Array.from(movedLabels),
    unmatched: Uint32Array.from(unmatched),
    gone: Uint32Array.from(goneIds),
    placement,
  }
}

/**
 * Merges outlines of another tool into a slide's nuclei. An outline that overlaps a nucleus takes its id, so the label
 * stays, and replaces its outline; but outlines that users drew are kept. No nucleus is removed.
 */
export function mergeImport(slide: SlideNuclei, imported: Nuclei): Merged {
  const { nuclei: old, since } = slide.found
  // The outlines of a first import need not be copied.
  if (old.count === 0 && slide.drawn.count === 0)
    return {
      nuclei: imported,
      since: new Uint32Array(imported.count).fill(slide.version),
      movedLabels: new Uint32Array(0),
      unmatched: new Uint32Array(0),
      gone: new Uint32Array(0),
      placement: Float64Array.from({ length: imported.count }, (_, b) => b),
    }
  const standing = Uint32Array.from(old.id.keys()).filter((a) => !slide.overridden.has(old.id[a]))
  const all = concatNuclei([takeNuclei(old, standing), slide.drawn])
  const { match } = matchNuclei(all, imported)
  const replaced = new Uint8Array(old.count)
  const ids = new Uint32Array(imported.count)
  const dates = new Uint32Array(imported.count).fill(slide.version)
  const taken: number[] = []
  const placement = new Float64Array(imported.count)
  match.forEach((at, b) => {
    if (at >= standing.length) return void (placement[b] = -1 - all.id[at])
    taken.push(b)
    if (at < 0) return
    const a = standing[at]
    replaced[a] = 1
    ids[b] = old.id[a]
    if (sameOutline(old, a, imported, b)) dates[b] = since[a]
  })
  const kept = Uint32Array.from(old.id.keys()).filter((a) => !replaced[a])
  taken.forEach((b, k) => (placement[b] = kept.length + k))
  return {
    nuclei: concatNuclei([takeNuclei(old, kept), takeNuclei(withIds(imported, ids), taken)]),
    since: Uint32Array.from([...Array.from(kept, (a) => since[a]), ...taken.map((b) => dates[b])]),
    movedLabels: new Uint32Array(0),
    unmatched: new Uint32Array(0),
    gone: new Uint32Array(0),
    placement,
  }
}

/** Splits a merge into chunks for storage. Numbers new nuclei in spatial order from `firstId`. */
export function* chunksOf({ nuclei, since }: Merged, firstId: number): Generator<PackedChunk & { ids: Uint32Array }> {
  const order = orderOf(nuclei)
  const ids = numbered(nuclei.id, order, firstId)
  for (let k = 0; k < nuclei.count; k += chunkSize) {
    const index = order.subarray(k, k + chunkSize)
    const chunk = takeNuclei(withIds(nuclei, ids), index)
    yield {
      ...packChunk(
        chunk,
        index.map((i) => since[i]),
      ),
      ids: chunk.id,
    }
  }
}

/** Returns the version of the outline of each nucleus that was merged in; 0 where an existing one was kept instead. */
export const sinceOfMerged = ({ since, placement }: Merged): Uint32Array =>
  Uint32Array.from(placement, (at) => (at < 0 ? 0 : since[at]))

/** Counts the nuclei of a merge that still need an id. */
export const unnumbered = ({ nuclei }: Merged): number => nuclei.id.reduce((sum, id) => sum + (id ? 0 : 1), 0)

/** Returns the ids of all nuclei of a merge. `firstId`: as for chunksOf. */
export const numberedIds = ({ nuclei }: Merged, firstId: number): Uint32Array =>
  numbered(nuclei.id, orderOf(nuclei), firstId)

/** Returns the ids of the nuclei that were merged in, in their order. `firstId`: as for chunksOf. */
export function idsOfMerged({ nuclei, placement }: Merged, firstId: number): Uint32Array {
  const ids = numbered(nuclei.id, orderOf(nuclei), firstId)
  return Uint32Array.from(placement, (at) => (at < 0 ? -1 - at : ids[at]))
}

/** The spatial order of a merge, which several of its columns need. */
const orders = new WeakMap<Nuclei, Uint32Array>()

function orderOf(nuclei: Nuclei): Uint32Array {
  let order = orders.get(nuclei)
  if (!order) orders.set(nuclei, (order = mortonOrder(nuclei)))
  return order
}

function numbered(given: Uint32Array, order: Uint32Array, firstId: number): Uint32Array {
  const ids = given.slice()
  let next = firstId
  for (const i of order) if (ids[i] === 0) ids[i] = next++
  return ids
}

/** Returns whether two outlines are equal to within the stored precision of 0.01 pixels. */
function sameOutline(a: Nuclei, i: number, b: Nuclei, j: number): boolean {
  const points = a.outlineStart[i + 1] - a.outlineStart[i]
  if (points !== b.outlineStart[j + 1] - b.outlineStart[j]) return false
  const [from, to] = [2 * a.outlineStart[i], 2 * b.outlineStart[j]]
  for (let v = 0; v < 2 * points; v++) {
    const shift = b.origin[v & 1] - a.origin[v & 1]
    if (Math.abs(a.outline[from + v] - b.outline[to + v] - shift) > 0.0101) return false
  }
  return true
}

function isWithin(nuclei: Nuclei, i: number, where: SearchedTwice): boolean {
  if (where === 'everywhere' || where === 'nowhere') return where === 'everywhere'
  const { x, y, width, height } = where
  const box = boxOf(nuclei, i)
  const cx = (box[0] + box[2]) / 2
  const cy = (box[1] + box[3]) / 2
  return cx >= x && cx < x + width && cy >= y && cy < y + height
}

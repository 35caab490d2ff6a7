import {
  boxOf,
  concatNuclei,
  nucleusSources,
  takeNuclei,
  withIds,
  type Nuclei,
  type Rect,
} from '../../contract/index.ts'
import { packChunk, unpackChunk, type PackedChunk } from './chunk.ts'
import { matchNuclei } from './matchNuclei.ts'
import { joinDated, type DatedNuclei } from './outlineChanges.ts'
import type { People } from './editedNuclei.ts'
import { chunkSize, mortonOrder } from './mortonOrder.ts'

/** A slide's nuclei before something is merged into them. */
export interface SlideNuclei {
  /** As found or imported, those included that people drew over or deleted. */
  readonly found: DatedNuclei
  /** What people drew: stands, whatever is merged. */
  readonly drawn: Nuclei
  /** Ids that people drew over, deleted or drew. */
  readonly overridden: ReadonlySet<number>
  /** Version of the slide's nuclei that the merge makes. */
  readonly version: number
}

/** The same as it lies in the file. */
export interface PackedSlide {
  readonly chunks: readonly { readonly head: Uint8Array; readonly outlines: Uint8Array }[]
  readonly drawn: Nuclei
  readonly overridden: Uint32Array
  readonly version: number
}

/** Fails with 'unreadable' where a chunk is damaged. */
export const unpackSlide = ({ chunks, drawn, overridden, version }: PackedSlide): SlideNuclei => ({
  found: joinDated(chunks.map(unpackChunk)),
  drawn,
  overridden: new Set(overridden),
  version,
})

/** The part of a slide that a detection searched though it had been searched before. */
export type SearchedAgain = Rect | 'everywhere' | 'nowhere'

/** What a slide has after a merge. */
export interface Merged {
  /** Ids 0 are still to be given. */
  readonly nuclei: Nuclei
  readonly since: Uint32Array
  /** Ids of labelled nuclei whose label went over to a newly found outline. */
  readonly carried: Uint32Array
  /** Ids of labelled nuclei that were not found again: kept with their old outline. */
  readonly unmatched: Uint32Array
  /** Ids that are no longer there. */
  readonly gone: Uint32Array
  /** Of each nucleus that was merged in: its position in `nuclei`, or −1 − the id of the nucleus that stands for it. */
  readonly place: Float64Array
}

/**
 * A detection put over the nuclei that were there. A new outline takes the id of the old nucleus it overlaps, and with
 * it the label. What a person drew, deleted or imported stays as it is, and nothing is found a second time there. An old
 * detected nucleus within `searchedAgain` that was not found again goes, unless people named it.
 */
export function mergeDetection(
  slide: SlideNuclei,
  detection: Nuclei,
  { named, labelled }: People,
  searchedAgain: SearchedAgain = 'everywhere',
): Merged {
  const isLabelled = (id: number) => labelled[id] === 1
  const isNamed = (id: number) => named[id] === 1 || isLabelled(id)
  const { nuclei: old, since } = slide.found
  const all = concatNuclei([old, slide.drawn])
  const { match, inside } = matchNuclei(all, detection)
  const detected = nucleusSources.indexOf('detected')
  const stays = (a: number) => a >= old.count || old.source[a] !== detected || slide.overridden.has(old.id[a])
  const matched = new Uint8Array(all.count)
  const ids = new Uint32Array(detection.count)
  const dates = new Uint32Array(detection.count).fill(slide.version)
  const taken: number[] = []
  const carried: number[] = []
  const place = new Float64Array(detection.count)
  match.forEach((a, b) => {
    if (a >= 0) matched[a] = 1
    const fixed = a >= 0 && stays(a) ? a : a < 0 && inside[b] >= 0 && stays(inside[b]) ? inside[b] : -1
    if (fixed >= 0) return void (place[b] = -1 - all.id[fixed])
    taken.push(b)
    if (a < 0) return
    ids[b] = old.id[a]
    if (sameOutline(old, a, detection, b)) dates[b] = since[a]
    if (isLabelled(old.id[a])) carried.push(old.id[a])
  })
  const kept: number[] = []
  const unmatched: number[] = []
  const goneIds: number[] = []
  for (let a = 0; a < old.count; a++) {
    if (stays(a)) kept.push(a)
    else if (matched[a]) continue
    else if (isNamed(old.id[a])) {
      kept.push(a)
      if (isLabelled(old.id[a])) unmatched.push(old.id[a])
    } else if (!isWithin(old, a, searchedAgain)) kept.push(a)
    else goneIds.push(old.id[a])
  }
  taken.forEach((b, k) => (place[b] = kept.length + k))
  return {
    nuclei: concatNuclei([takeNuclei(old, kept), takeNuclei(withIds(detection, ids), taken)]),
    since: Uint32Array.from([...kept.map((a) => since[a]), ...taken.map((b) => dates[b])]),
    carried: Uint32Array.from(carried),
    unmatched: Uint32Array.from(unmatched),
    gone: Uint32Array.from(goneIds),
    place,
  }
}

/**
 * Another tool's outlines put over the nuclei that were there. One that overlaps a nucleus takes its id, so its label
 * stays, and replaces its outline; where a person drew the outline here, that one stays. Nothing goes.
 */
export function mergeImport(slide: SlideNuclei, imported: Nuclei): Merged {
  const { nuclei: old, since } = slide.found
  const standing = Uint32Array.from(old.id.keys()).filter((a) => !slide.overridden.has(old.id[a]))
  const all = concatNuclei([takeNuclei(old, standing), slide.drawn])
  const { match } = matchNuclei(all, imported)
  const replaced = new Uint8Array(old.count)
  const ids = new Uint32Array(imported.count)
  const dates = new Uint32Array(imported.count).fill(slide.version)
  const taken: number[] = []
  const place = new Float64Array(imported.count)
  match.forEach((at, b) => {
    if (at >= standing.length) return void (place[b] = -1 - all.id[at])
    taken.push(b)
    if (at < 0) return
    const a = standing[at]
    replaced[a] = 1
    ids[b] = old.id[a]
    if (sameOutline(old, a, imported, b)) dates[b] = since[a]
  })
  const kept = Uint32Array.from(old.id.keys()).filter((a) => !replaced[a])
  taken.forEach((b, k) => (place[b] = kept.length + k))
  return {
    nuclei: concatNuclei([takeNuclei(old, kept), takeNuclei(withIds(imported, ids), taken)]),
    since: Uint32Array.from([...Array.from(kept, (a) => since[a]), ...taken.map((b) => dates[b])]),
    carried: new Uint32Array(0),
    unmatched: new Uint32Array(0),
    gone: new Uint32Array(0),
    place,
  }
}

/** A merge as chunks to be stored, its new nuclei numbered in spatial order from `firstId`. */
export function* chunksOf({ nuclei, since }: Merged, firstId: number): Generator<PackedChunk & { ids: Uint32Array }> {
  const order = mortonOrder(nuclei)
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

/** Nuclei of a merge that are still without an id. */
export const unnumbered = ({ nuclei }: Merged): number => nuclei.id.reduce((sum, id) => sum + (id ? 0 : 1), 0)

/** Ids of what was merged in, in its order, once the new ones are numbered from `firstId`. */
export function idsOfMerged({ nuclei, place }: Merged, firstId: number): Uint32Array {
  const ids = numbered(nuclei.id, mortonOrder(nuclei), firstId)
  return Uint32Array.from(place, (at) => (at < 0 ? -1 - at : ids[at]))
}

function numbered(given: Uint32Array, order: Uint32Array, firstId: number): Uint32Array {
  const ids = given.slice()
  let next = firstId
  for (const i of order) if (ids[i] === 0) ids[i] = next++
  return ids
}

/** Equal to within the hundredth of a pixel that is stored. */
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

function isWithin(nuclei: Nuclei, i: number, where: SearchedAgain): boolean {
  if (where === 'everywhere' || where === 'nowhere') return where === 'everywhere'
  const { x, y, width, height } = where
  const box = boxOf(nuclei, i)
  const cx = (box[0] + box[2]) / 2
  const cy = (box[1] + box[3]) / 2
  return cx >= x && cx < x + width && cy >= y && cy < y + height
}

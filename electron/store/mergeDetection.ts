import { boxOf, nucleusSources, type Nuclei, type Rect } from '../contract/index.ts'
import { matchNuclei } from './matchNuclei.ts'
import { concatNuclei, takeNuclei, withIds } from './nucleusColumns.ts'

export interface Merged {
  /** What the slide has now; ids 0 are still to be given. */
  readonly nuclei: Nuclei
  /** Ids of labelled nuclei whose label went over to a newly found outline. */
  readonly carried: Uint32Array
  /** Ids of labelled nuclei that were not found again: kept with their old outline. */
  readonly unmatched: Uint32Array
}

/**
 * A detection put over the nuclei that were there. A new outline takes the id of the old nucleus it overlaps, and with
 * it the label. Outlines that a person or another tool made stay as they are. An old detected nucleus inside `region`
 * (default: everywhere) that was not found again goes, unless a human labelled it: no label is ever lost.
 */
export function mergeDetection(old: Nuclei, found: Nuclei, isLabelled: (id: number) => boolean, region?: Rect): Merged {
  const match = matchNuclei(old, found)
  const detected = nucleusSources.indexOf('detected')
  const matched = new Uint8Array(old.count)
  const ids = found.id.slice()
  const takenOver: number[] = []
  const carried: number[] = []
  match.forEach((a, b) => {
    if (a < 0) return void takenOver.push(b)
    matched[a] = 1
    if (old.source[a] !== detected) return
    ids[b] = old.id[a]
    takenOver.push(b)
    if (isLabelled(old.id[a])) carried.push(old.id[a])
  })
  const kept: number[] = []
  const unmatched: number[] = []
  for (let a = 0; a < old.count; a++) {
    if (old.source[a] !== detected) kept.push(a)
    else if (!matched[a] && isLabelled(old.id[a])) {
      kept.push(a)
      unmatched.push(old.id[a])
    } else if (!matched[a] && region && !centreInside(old, a, region)) kept.push(a)
  }
  return {
    nuclei: concatNuclei([takeNuclei(old, kept), takeNuclei(withIds(found, ids), takenOver)]),
    carried: Uint32Array.from(carried),
    unmatched: Uint32Array.from(unmatched),
  }
}

function centreInside(nuclei: Nuclei, i: number, { x, y, width, height }: Rect): boolean {
  const box = boxOf(nuclei, i)
  const cx = (box[0] + box[2]) / 2
  const cy = (box[1] + box[3]) / 2
  return cx >= x && cx < x + width && cy >= y && cy < y + height
}

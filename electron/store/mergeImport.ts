import type { Nuclei } from '../contract/index.ts'
import { matchNuclei } from './matchNuclei.ts'
import { concatNuclei, takeNuclei, withIds } from './nucleusColumns.ts'

/**
 * Another tool's outlines put over the nuclei that were there: an overlapping one takes the old nucleus's id (so its
 * label stays) and replaces its outline, the others are new. `reserve(count)` gives the first of `count` new ids.
 */
export function mergeImport(
  old: Nuclei,
  imported: Nuclei,
  reserve: (count: number) => number,
): { nuclei: Nuclei; ids: Uint32Array } {
  const match = matchNuclei(old, imported)
  const replaced = new Uint8Array(old.count)
  for (const a of match) if (a >= 0) replaced[a] = 1
  let next = reserve(match.reduce((sum, a) => sum + (a < 0 ? 1 : 0), 0))
  const ids = Uint32Array.from(match, (a) => (a < 0 ? next++ : old.id[a]))
  const kept = Uint32Array.from(old.id.keys()).filter((a) => !replaced[a])
  return { nuclei: concatNuclei([takeNuclei(old, kept), withIds(imported, ids)]), ids }
}

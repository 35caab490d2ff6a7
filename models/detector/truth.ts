import type { CandidateImage } from './candidates.ts'

/**
 * How well each candidate covers one true nucleus: the best intersection over union with any label, in the candidates'
 * order. `labels` is the instance map at the same resolution, 0 = none.
 */
export function bestOverlaps({ tree, candidates }: CandidateImage, labels: ArrayLike<number>): Float32Array {
  const size = new Map<number, number>()
  const counts: (Map<number, number> | undefined)[] = new Array(tree.nodes)
  for (let p = 0; p < tree.nodeOf.length; p++) {
    const label = labels[p]
    if (!label) continue
    size.set(label, (size.get(label) ?? 0) + 1)
    const n = tree.nodeOf[p]
    if (n < 0) continue
    const own = (counts[n] ??= new Map())
    own.set(label, (own.get(label) ?? 0) + 1)
  }
  const overlaps = new Float32Array(candidates.node.length)
  let c = candidates.node.length - 1
  for (let n = tree.nodes - 1; n >= 0; n--) {
    const own = counts[n]
    counts[n] = undefined
    const isCandidate = c >= 0 && candidates.node[c] === n
    if (own) {
      let best = 0
      for (const [label, shared] of own)
        best = Math.max(best, shared / (candidates.area[n] + (size.get(label) ?? 0) - shared))
      if (isCandidate) overlaps[c] = best
      const p = tree.parent[n]
      if (p >= 0) {
        const into = (counts[p] ??= new Map())
        for (const [label, shared] of own) into.set(label, (into.get(label) ?? 0) + shared)
      }
    }
    if (isCandidate) c--
  }
  return overlaps
}

/** What the network learns: 0 below an overlap of 0.1, 1 from 0.5 on. */
export const targetOf = (overlap: number): number => Math.min(Math.max((overlap - 0.1) / 0.4, 0), 1)

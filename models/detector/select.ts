import type { ComponentTree } from './componentTree.ts'

/**
 * The set of candidates with the largest summed value of which none contains another: exact, because regions of a
 * tree are nested or apart. From the leaves up, a node is worth the better of itself and its children's best.
 * Candidates of value ≤ 0 are never taken. Returns nodes.
 */
export function selectNested(tree: ComponentTree, node: Int32Array, value: Float32Array): Int32Array {
  const best = new Float64Array(tree.nodes)
  const taken = new Uint8Array(tree.nodes)
  const own = new Float32Array(tree.nodes)
  for (let c = 0; c < node.length; c++) own[node[c]] = value[c]
  for (let n = tree.nodes - 1; n >= 0; n--) {
    if (own[n] > best[n]) {
      best[n] = own[n]
      taken[n] = 1
    }
    if (tree.parent[n] >= 0) best[tree.parent[n]] += best[n]
  }
  const chosen: number[] = []
  for (let n = 0; n < tree.nodes; n++) {
    const p = tree.parent[n]
    const covered = p >= 0 && taken[p] > 0
    if (covered) taken[n] = 2
    else if (taken[n] === 1) chosen.push(n)
  }
  return Int32Array.from(chosen)
}

/**
 * All connected regions an image has at any threshold, as a forest: a node is a region of pixels at or above its
 * level, its children are the regions it falls into when the threshold rises (component tree or max-tree; built by
 * union–find as in Berger et al. 2007). Pixels of level 0 belong to nothing. Neighbours are the four sharing a side.
 *
 * Nodes are numbered so that a parent stands before its children.
 */
export interface ComponentTree {
  readonly nodes: number
  readonly level: Uint8Array
  /** −1 for roots. */
  readonly parent: Int32Array
  /** Some pixel of the node at exactly its level. */
  readonly pixel: Int32Array
  /** Smallest node holding each pixel, −1 at level 0. */
  readonly nodeOf: Int32Array
  /** Boundary length in pixel sides added by each pixel; sums over a node's pixels to its perimeter. */
  readonly sides: Int8Array
}

/** Builds the tree of a width × height image of levels. */
export function componentTree(levels: Uint8Array, width: number, height: number): ComponentTree {
  const pixels = width * height
  const starts = new Int32Array(257)
  for (let p = 0; p < pixels; p++) starts[levels[p] + 1]++
  const ignored = starts[1]
  starts[1] = 0
  for (let l = 1; l <= 256; l++) starts[l] += starts[l - 1]
  const count = pixels - ignored
  const order = new Int32Array(count) // pixels by rising level
  for (let p = 0; p < pixels; p++) if (levels[p]) order[starts[levels[p]]++] = p

  const parent = new Int32Array(pixels).fill(-1)
  const root = new Int32Array(pixels).fill(-1)
  const sides = new Int8Array(pixels)
  const find = (p: number): number => {
    let r = p
    while (root[r] !== r) r = root[r]
    while (root[p] !== r) {
      const next = root[p]
      root[p] = r
      p = next
    }
    return r
  }
  for (let k = count - 1; k >= 0; k--) {
    const p = order[k]
    const x = p % width
    parent[p] = p
    root[p] = p
    let free = 4
    for (let side = 0; side < 4; side++) {
      let q: number
      if (side === 0) q = x > 0 ? p - 1 : -1
      else if (side === 1) q = x < width - 1 ? p + 1 : -1
      else if (side === 2) q = p - width
      else q = p + width
      if (q < 0 || q >= pixels || root[q] < 0) continue
      free -= 2
      const r = find(q)
      if (r !== p) {
        parent[r] = p
        root[r] = p
      }
    }
    sides[p] = free
  }

  // One pixel stands for each node: the one whose parent is lower.
  const nodeOf = root.fill(-1)
  let nodes = 0
  for (let k = 0; k < count; k++) {
    const p = order[k]
    const q = parent[p]
    if (levels[parent[q]] === levels[q]) parent[p] = parent[q]
    if (parent[p] === p || levels[parent[p]] < levels[p]) nodes++
  }
  const tree = { level: new Uint8Array(nodes), parent: new Int32Array(nodes), pixel: new Int32Array(nodes) }
  let n = 0
  for (let k = 0; k < count; k++) {
    const p = order[k]
    const q = parent[p]
    if (q !== p && levels[q] === levels[p]) continue
    nodeOf[p] = n
    tree.level[n] = levels[p]
    tree.parent[n] = q === p ? -1 : nodeOf[q]
    tree.pixel[n] = p
    n++
  }
  for (let k = 0; k < count; k++) {
    const p = order[k]
    if (nodeOf[p] < 0) nodeOf[p] = nodeOf[parent[p]]
  }
  return { nodes, ...tree, nodeOf, sides }
}

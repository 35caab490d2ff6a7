/** Points of one slide, x and y in its pixels. */
export interface SlidePoints {
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
}

/**
 * Divides the points of slides into about `wanted` blocks for cross-validation, so that a point is never judged by its
 * neighbours in the tissue. With `wanted` slides or more, each slide is a block; with fewer, slides are cut in regions by
 * halving the points along their longer side, until there are enough blocks or one would hold fewer than `fewest` points.
 * Returns the block of each point, slide after slide, numbered from 0 without gaps.
 */
export function spatialBlocks(slides: readonly SlidePoints[], wanted = 8, fewest = 5): Uint32Array {
  const counts = slides.map(({ x }) => x.length)
  const block = new Uint32Array(counts.reduce((a, b) => a + b, 0))
  const firstOf = counts.map((_, s) => counts.slice(0, s).reduce((a, b) => a + b, 0))
  // Each part is a list of points of one slide; the largest that can be cut is cut until there are enough.
  const parts = slides.flatMap(({ x }, s) =>
    x.length > 0 ? [{ s, points: Array.from({ length: x.length }, (_, i) => i) }] : [],
  )
  while (parts.length < wanted) {
    const at = parts.reduce((best, part, k) => (part.points.length > (parts[best]?.points.length ?? 0) ? k : best), 0)
    const largest = parts[at]
    if (!largest || largest.points.length < 2 * fewest) break
    const { x, y } = slides[largest.s]
    const extent = (of: ArrayLike<number>) => {
      const values = largest.points.map((i) => of[i])
      return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b))
    }
    const along = extent(x) >= extent(y) ? x : y
    const sorted = largest.points.toSorted((a, b) => along[a] - along[b] || a - b)
    const middle = sorted.length >> 1
    parts[at] = { s: largest.s, points: sorted.slice(0, middle) }
    parts.push({ s: largest.s, points: sorted.slice(middle) })
  }
  parts.forEach(({ s, points }, k) => points.forEach((i) => (block[firstOf[s] + i] = k)))
  return block
}

/** Puts blocks into up to `folds` folds of about equal numbers of points. Returns the fold of each block. */
export function foldsOf(block: Uint32Array, folds: number): Uint32Array {
  const sizes = new Map<number, number>()
  for (const b of block) sizes.set(b, (sizes.get(b) ?? 0) + 1)
  const fold = new Uint32Array(sizes.size)
  const filled = new Array<number>(Math.min(folds, sizes.size)).fill(0)
  for (const [b, size] of [...sizes].sort(([a, n], [c, m]) => m - n || a - c)) {
    const least = filled.indexOf(Math.min(...filled))
    fold[b] = least
    filled[least] += size
  }
  return fold
}

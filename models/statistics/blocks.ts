/** Points of one slide, x and y in its pixels. */
export interface SlidePoints {
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
}

/** A block of tissue: part of one slide, x0 ≤ x < x1 and y0 ≤ y < y1; infinite where nothing limits it. */
export interface Block {
  /** Position of its slide. */
  readonly slide: number
  readonly area: readonly [x0: number, y0: number, x1: number, y1: number]
  /** Positions of its points among those of the slide. */
  readonly points: readonly number[]
}

/**
 * Divides the points of slides into about `wanted` blocks for cross-validation, so that a point is never judged by its
 * neighbours in the tissue. With `wanted` slides or more, each slide is a block; with fewer, slides are cut in regions by
 * halving the points along their longer side, until there are enough blocks or one would hold fewer than `fewest` points.
 */
export function blocksOf(slides: readonly SlidePoints[], wanted = 8, fewest = 5): Block[] {
  const blocks: Block[] = slides.flatMap(({ x }, slide) =>
    x.length > 0
      ? [
          {
            slide,
            area: [-Infinity, -Infinity, Infinity, Infinity] as const,
            points: Array.from({ length: x.length }, (_, i) => i),
          },
        ]
      : [],
  )
  // The largest block that can be cut is cut until there are enough.
  while (blocks.length < wanted) {
    const at = blocks.reduce(
      (best, { points }, k) => (points.length > (blocks[best]?.points.length ?? 0) ? k : best),
      0,
    )
    const largest = blocks[at]
    if (!largest || largest.points.length < 2 * fewest) break
    const { x, y } = slides[largest.slide]
    const extent = (of: ArrayLike<number>) => {
      const values = largest.points.map((i) => of[i])
      return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b))
    }
    const isAcross = extent(x) >= extent(y)
    const along = isAcross ? x : y
    const sorted = largest.points.toSorted((a, b) => along[a] - along[b] || a - b)
    // Points side by side on the border would be in both blocks, so it runs between two, as near the middle as it can.
    const half = sorted.length >> 1
    const isFree = (at: number) => along[sorted[at - 1]] < along[sorted[at]]
    const off = sorted.findIndex(
      (_, k) => (half - k > 0 && isFree(half - k)) || (half + k < sorted.length && isFree(half + k)),
    )
    if (off < 0) break
    const middle = half - off > 0 && isFree(half - off) ? half - off : half + off
    const border = (along[sorted[middle - 1]] + along[sorted[middle]]) / 2
    const [x0, y0, x1, y1] = largest.area
    const { slide } = largest
    blocks[at] = {
      slide,
      points: sorted.slice(0, middle),
      area: isAcross ? [x0, y0, border, y1] : [x0, y0, x1, border],
    }
    blocks.push({ slide, points: sorted.slice(middle), area: isAcross ? [border, y0, x1, y1] : [x0, border, x1, y1] })
  }
  return blocks
}

/** Returns the block (blocksOf) of each point, slide after slide, numbered from 0 without gaps. */
export function spatialBlocks(slides: readonly SlidePoints[], wanted = 8, fewest = 5): Uint32Array {
  const counts = slides.map(({ x }) => x.length)
  const block = new Uint32Array(counts.reduce((a, b) => a + b, 0))
  const firstOf = counts.map((_, s) => counts.slice(0, s).reduce((a, b) => a + b, 0))
  blocksOf(slides, wanted, fewest).forEach(({ slide, points }, k) =>
    points.forEach((i) => (block[firstOf[slide] + i] = k)),
  )
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

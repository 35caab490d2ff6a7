/** A rectangle; on a slide, in level-0 pixels. */
export interface Rect {
  x: number
  y: number
  width: number
  height: number
}

/** Where nuclei were searched for: rectangles of whole pixels that do not overlap; null: everywhere. */
type Searched = Rect[] | null

interface Size {
  readonly width: number
  readonly height: number
}

/** Returns what was searched after `more` was searched, too. */
export function alsoSearched(before: Searched, more: readonly Rect[], slide: Size): Searched {
  if (before === null) return null
  const all = joined([...before, ...more])
  return isSearched(all, { x: 0, y: 0, ...slide }) ? null : all
}

/** Returns what still counts as searched when the result for `rect` no longer holds. */
export function noLongerSearched(before: Searched, rect: Rect, slide: Size): Searched {
  const left = (before ?? [{ x: 0, y: 0, ...slide }]).flatMap((part) => cutOut(part, rect))
  return before === null && isSearched(left, { x: 0, y: 0, ...slide }) ? null : joined(left)
}

/** Returns the rectangle of whole pixels of a slide around an outline (flat x, y). */
export function pixelsAround(outline: readonly number[], slide: Size): Rect {
  const [xs, ys] = [0, 1].map((axis) => outline.filter((_, k) => k % 2 === axis))
  const [left, top] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))]
  const [width, height] = [Math.ceil(Math.max(...xs)) - left, Math.ceil(Math.max(...ys)) - top]
  return wholePixels({ x: left, y: top, width, height }, slide)
}

/** Whether all pixels of a rectangle have been searched. */
export const isSearched = (searched: readonly Rect[] | null, rect: Rect): boolean =>
  searched === null ||
  searched.reduce<Rect[]>((left, other) => left.flatMap((part) => cutOut(part, other)), [rect].filter(holdsPixels))
    .length === 0

/** Returns the whole pixels of a slide within a rectangle; width or height is 0 if there are none. */
export function wholePixels({ x, y, width, height }: Rect, slide: Size): Rect {
  const [left, top] = [Math.max(Math.ceil(x), 0), Math.max(Math.ceil(y), 0)]
  const [right, bottom] = [Math.min(Math.floor(x + width), slide.width), Math.min(Math.floor(y + height), slide.height)]
  return { x: left, y: top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0) }
}

/** Returns the intersection of two rectangles, or undefined. */
export function shared(a: Rect, b: Rect): Rect | undefined {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)]
  const [width, height] = [Math.min(a.x + a.width, b.x + b.width) - x, Math.min(a.y + a.height, b.y + b.height) - y]
  return width > 0 && height > 0 ? { x, y, width, height } : undefined
}

/** Returns a rectangle minus another: at most the bands above and below it and the pieces to its left and right. */
function cutOut(rect: Rect, hole: Rect): Rect[] {
  const both = shared(rect, hole)
  if (!both) return [rect]
  const [right, bottom] = [rect.x + rect.width, rect.y + rect.height]
  const [holeRight, holeBottom] = [both.x + both.width, both.y + both.height]
  return [
    { ...rect, height: both.y - rect.y },
    { ...rect, y: holeBottom, height: bottom - holeBottom },
    { x: rect.x, y: both.y, width: both.x - rect.x, height: both.height },
    { x: holeRight, y: both.y, width: right - holeRight, height: both.height },
  ].filter(holdsPixels)
}

const holdsPixels = ({ width, height }: Rect): boolean => width > 0 && height > 0

/**
 * Returns the same pixels as few rectangles that do not overlap: bands between the given edges, identical neighbours
 * merged.
 */
export function joined(rects: readonly Rect[]): Rect[] {
  const edges = [...new Set(rects.flatMap(({ y, height }) => [y, y + height]))].sort((a, b) => a - b)
  const done: Rect[] = []
  let open: Rect[] = []
  for (let k = 0; k + 1 < edges.length; k++) {
    const [y, height] = [edges[k], edges[k + 1] - edges[k]]
    const band = spans(rects.filter((r) => r.y <= y && r.y + r.height > y)).map((span) => ({ ...span, y, height }))
    const isAlike =
      band.length === open.length && band.every(({ x, width }, i) => x === open[i].x && width === open[i].width)
    if (!isAlike) done.push(...open)
    open = isAlike ? open.map((r) => ({ ...r, height: r.height + height })) : band
  }
  return [...done, ...open]
}

/** Returns the intervals of the x axis that rectangles cover, from left to right; touching ones are merged. */
function spans(rects: readonly Rect[]): Pick<Rect, 'x' | 'width'>[] {
  const all: { x: number; width: number }[] = []
  for (const { x, width } of rects.filter((r) => r.width > 0).sort((a, b) => a.x - b.x)) {
    const last = all.at(-1)
    if (last && x <= last.x + last.width) last.width = Math.max(last.width, x + width - last.x)
    else all.push({ x, width })
  }
  return all
}

/** Returns whether the corners drawn so far (x, y of each) make a region: at least three. */
export const canClose = (corners: readonly number[]): boolean => corners.length >= 6

/** Returns whether a click hits the first corner, within `reach` level-0 pixels, and so closes the region. */
export const closesRegion = (
  corners: readonly number[],
  at: { readonly x: number; readonly y: number },
  reach: number,
): boolean => canClose(corners) && Math.hypot(at.x - corners[0], at.y - corners[1]) <= reach

/** Returns the next name after `count` regions that is not `taken`. */
export function freeName(nameOf: (n: number) => string, count: number, taken: ReadonlySet<string>): string {
  let n = count + 1
  while (taken.has(nameOf(n))) n++
  return nameOf(n)
}

/**
 * The regions in which a slide's nuclei are found. The grid starts at the slide's corner, whatever rectangle is asked
 * for, so that a nucleus is found in the same way whatever part of the slide is searched.
 */

/**
 * Level-0 pixels per working pixel. A whole number if that gives the detector's resolution to within 4 %, so that
 * nothing is interpolated.
 * @param mpp µm per level-0 pixel
 * @param detectorMpp µm per pixel that the detector sees
 */
export function workingScale(mpp: number, detectorMpp: number): number {
  const scale = detectorMpp / mpp
  const whole = Math.round(scale)
  return whole > 0 && Math.abs(scale / whole - 1) < 0.04 ? whole : scale
}

/**
 * Side of a region, and the margin on each side that gives context only, working pixels: 16 µm at 0.4 µm per pixel, more
 * than a nucleus.
 */
export const regionSide = 640
const margin = 40
const coreSide = regionSide - 2 * margin

/** Rectangle in working pixels; x and y are inclusive, right and bottom exclusive. */
export interface WorkRect {
  readonly x: number
  readonly y: number
  readonly right: number
  readonly bottom: number
}

/** A region owns the nuclei whose centre lies in `core`; finding them needs the pixels of `read`. */
export interface Region {
  readonly core: WorkRect
  readonly read: WorkRect
}

/**
 * Returns the regions that cover a slide of width × height working pixels, row by row. Each reads at most `regionSide`
 * squared.
 */
export function planRegions(width: number, height: number): Region[] {
  const across = spans(width)
  return spans(height).flatMap(([y, bottom, top, low]) =>
    across.map(([x, right, left, far]) => ({
      core: { x, y, right, bottom },
      read: { x: left, y: top, right: far, bottom: low },
    })),
  )
}

/** Start and end of each core along an axis, and of the pixels read for it, clipped to the slide. */
function spans(length: number): [number, number, number, number][] {
  return Array.from({ length: Math.ceil(length / coreSide) }, (_, i) => {
    const from = Math.max(Math.min(i * coreSide - margin, length - regionSide), 0)
    return [i * coreSide, Math.min((i + 1) * coreSide, length), from, Math.min(from + regionSide, length)]
  })
}

/** How far beyond its core a region's nuclei may lie, pixels. The caller keeps one of those that two regions find. */
export const seam = 3

/** The core, enlarged by `seam` on each side. */
export const withSeam = ({ x, y, right, bottom }: WorkRect): WorkRect => ({
  x: x - seam,
  y: y - seam,
  right: right + seam,
  bottom: bottom + seam,
})

/** Whether a point lies in a rectangle. The right and bottom edges belong to the next rectangle. */
export const holds = (r: WorkRect, x: number, y: number): boolean => x >= r.x && y >= r.y && x < r.right && y < r.bottom

export const overlap = (a: WorkRect, b: WorkRect): boolean =>
  a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom

import { detectorMpp } from './config.ts'

/**
 * The regions that a slide's nuclei are found in. The grid hangs on the slide's corner, never on the rectangle asked for, so
 * that the same nucleus comes out the same whatever part of the slide is looked at.
 */

/** Level-0 pixels per working pixel; a whole number where that is within 4 % of 0.5 µm, so that nothing is interpolated. */
export function workingScale(mpp: number): number {
  const scale = detectorMpp / mpp
  const whole = Math.round(scale)
  return whole > 0 && Math.abs(scale / whole - 1) < 0.04 ? whole : scale
}

/** Side of what the network sees at once, and what of it is only seen: 16 µm, more than a nucleus, on each side. */
export const regionSide = 640
const margin = 32
const coreSide = regionSide - 2 * margin

/** Rectangle in working pixels: from x, y up to but without right, bottom. */
export interface WorkRect {
  readonly x: number
  readonly y: number
  readonly right: number
  readonly bottom: number
}

/** A piece of work: nuclei whose centre lies in `core` are its own; `read` is what must be seen to find them. */
export interface Region {
  readonly core: WorkRect
  readonly read: WorkRect
}

/** Regions that cover a slide of width × height working pixels, row by row; none reads more than `regionSide` squared. */
export function planRegions(width: number, height: number): Region[] {
  const across = spans(width)
  return spans(height).flatMap(([y, bottom, top, low]) =>
    across.map(([x, right, left, far]) => ({
      core: { x, y, right, bottom },
      read: { x: left, y: top, right: far, bottom: low },
    })),
  )
}

/** From and to of each core along an axis, and of what is read for it: as much as the slide has. */
function spans(length: number): [number, number, number, number][] {
  return Array.from({ length: Math.ceil(length / coreSide) }, (_, i) => {
    const from = Math.max(Math.min(i * coreSide - margin, length - regionSide), 0)
    return [i * coreSide, Math.min((i + 1) * coreSide, length), from, Math.min(from + regionSide, length)]
  })
}

/** Pixels that a region's nuclei may lie beyond its core; the caller keeps one of those that two regions find. */
export const seam = 3

/** The core and what lies around it within `seam`. */
export const withSeam = ({ x, y, right, bottom }: WorkRect): WorkRect => ({
  x: x - seam,
  y: y - seam,
  right: right + seam,
  bottom: bottom + seam,
})

/** Whether a point lies in a rectangle; its right and bottom edges belong to the next. */
export const holds = (r: WorkRect, x: number, y: number): boolean => x >= r.x && y >= r.y && x < r.right && y < r.bottom

export const overlap = (a: WorkRect, b: WorkRect): boolean =>
  a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom

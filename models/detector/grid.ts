/**
 * The working resolution and the regions of a slide. The grid hangs on the slide's corner, never on the rectangle asked
 * for, so that the same nucleus comes out the same whatever part of the slide is looked at.
 */

/** µm per working pixel aimed at: what a 20× slide has, so that 40× and 20× are judged on the same picture. */
export const workingMpp = 0.5

/**
 * Level-0 pixels per working pixel: a whole number (or 1 over one, for slides coarser than 0.75 µm per pixel), so that
 * working pixels are averages of whole slide pixels.
 */
export function workingScale(mpp: number): number {
  const scale = workingMpp / mpp
  return scale >= 2 / 3 ? Math.round(scale) || 1 : 1 / Math.round(1 / scale)
}

/** Core of a region and the margin around it, µm. The margin exceeds the filters' reach (16 µm) plus a nucleus. */
export const coreSize = 512
export const margin = 40

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

/** Regions that cover a slide of width × height working pixels at `mpp` µm per working pixel, row by row. */
export function planRegions(width: number, height: number, mpp: number, core = coreSize): Region[] {
  const size = Math.max(Math.round(core / mpp), 1)
  const around = Math.ceil(margin / mpp)
  const regions: Region[] = []
  for (let y = 0; y < height; y += size)
    for (let x = 0; x < width; x += size) {
      const right = Math.min(x + size, width)
      const bottom = Math.min(y + size, height)
      regions.push({
        core: { x, y, right, bottom },
        read: {
          x: Math.max(x - around, 0),
          y: Math.max(y - around, 0),
          right: Math.min(right + around, width),
          bottom: Math.min(bottom + around, height),
        },
      })
    }
  return regions
}

/** Whether a point lies in a rectangle; its right and bottom edges belong to the next. */
export const holds = (r: WorkRect, x: number, y: number): boolean => x >= r.x && y >= r.y && x < r.right && y < r.bottom

export const overlap = (a: WorkRect, b: WorkRect): boolean =>
  a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom

import type { NucleusFilter } from '../../../electron/contract/index.ts'
import type { Rect } from '../../../electron/contract/slides/slide.ts'

/**
 * Transform from level-0 pixels to CSS pixels of the stage: X = a·x + c·y + e, Y = b·x + d·y + f, in float64. It
 * includes rotation and mirroring.
 */
export interface ViewTransform {
  a: number
  b: number
  c: number
  d: number
  e: number
  f: number
  /** Stage size, CSS pixels. */
  width: number
  height: number
}

/** Returns the transform that maps (0,0), (w,0), (0,h) to the three given points. */
export function transformThrough(
  slide: { width: number; height: number },
  origin: { x: number; y: number },
  right: { x: number; y: number },
  down: { x: number; y: number },
  stage: { width: number; height: number },
): ViewTransform {
  return {
    a: (right.x - origin.x) / slide.width,
    b: (right.y - origin.y) / slide.width,
    c: (down.x - origin.x) / slide.height,
    d: (down.y - origin.y) / slide.height,
    e: origin.x,
    f: origin.y,
    ...stage,
  }
}

/** Returns the scale in CSS pixels per level-0 pixel. */
export const scaleOf = (t: ViewTransform): number => Math.sqrt(Math.abs(t.a * t.d - t.b * t.c))

/** Returns the level-0 point under a stage point. */
export function toSlide(t: ViewTransform, x: number, y: number): { x: number; y: number } {
  const determinant = t.a * t.d - t.b * t.c
  const dx = x - t.e
  const dy = y - t.f
  return { x: (t.d * dx - t.c * dy) / determinant, y: (t.a * dy - t.b * dx) / determinant }
}

/** Returns the stage point of a level-0 point. */
export const toStage = (t: ViewTransform, x: number, y: number): { x: number; y: number } => ({
  x: t.a * x + t.c * y + t.e,
  y: t.b * x + t.d * y + t.f,
})

/** Returns the direction on the slide (length 1) that corresponds to dx, dy on the stage. */
export function directionOnSlide(t: ViewTransform, dx: number, dy: number): [number, number] {
  const [from, to] = [toSlide(t, 0, 0), toSlide(t, dx, dy)]
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  return [(to.x - from.x) / length, (to.y - from.y) / length]
}

/** Returns the bounding box of what the stage shows, level-0 pixels. */
export function visibleRect(t: ViewTransform): Rect {
  const corners = [toSlide(t, 0, 0), toSlide(t, t.width, 0), toSlide(t, 0, t.height), toSlide(t, t.width, t.height)]
  const x = Math.min(...corners.map((p) => p.x))
  const y = Math.min(...corners.map((p) => p.y))
  return {
    x,
    y,
    width: Math.max(...corners.map((p) => p.x)) - x,
    height: Math.max(...corners.map((p) => p.y)) - y,
  }
}

/** Returns the four corners of the stage on the slide, level-0 pixels: x, y of each, in order around the stage. */
export const stageOnSlide = (t: ViewTransform): number[] =>
  [toSlide(t, 0, 0), toSlide(t, t.width, 0), toSlide(t, t.width, t.height), toSlide(t, 0, t.height)].flatMap(
    ({ x, y }) => [x, y],
  )

/**
 * Returns a filter for the nuclei on the stage. On a rotated slide it uses the stage's four corners, not the upright
 * box around them.
 */
export const inView = (t: ViewTransform): NucleusFilter => ({ polygon: stageOnSlide(t) })

/** Returns µm per CSS pixel along the stage's horizontal, for any rotation and for pixels that are not square. */
export function micronsAcross(t: ViewTransform, mpp: { x: number; y: number }): number {
  const determinant = t.a * t.d - t.b * t.c
  return Math.hypot((t.d / determinant) * mpp.x, (t.b / determinant) * mpp.y)
}

/** Returns the clockwise rotation of the slide, whole degrees 0 … 359. */
export const rotationOf = (t: ViewTransform): number => (Math.round((Math.atan2(t.b, t.a) * 180) / Math.PI) + 360) % 360

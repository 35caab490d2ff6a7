import type { NucleusFilter } from '../../../electron/contract/index.ts'
import type { Rect } from '../../../electron/contract/slides/slide.ts'

/**
 * From level-0 pixels to CSS pixels of the stage: X = a·x + c·y + e, Y = b·x + d·y + f, in float64. Rotation and
 * mirroring are part of it.
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

/** The transform that takes (0,0), (w,0), (0,h) to the three given points. */
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

/** CSS pixels per level-0 pixel. */
export const scaleOf = (t: ViewTransform): number => Math.sqrt(Math.abs(t.a * t.d - t.b * t.c))

/** The level-0 point under a stage point. */
export function toSlide(t: ViewTransform, x: number, y: number): { x: number; y: number } {
  const determinant = t.a * t.d - t.b * t.c
  const dx = x - t.e
  const dy = y - t.f
  return { x: (t.d * dx - t.c * dy) / determinant, y: (t.a * dy - t.b * dx) / determinant }
}

/** The stage point over a level-0 point. */
export const toStage = (t: ViewTransform, x: number, y: number): { x: number; y: number } => ({
  x: t.a * x + t.c * y + t.e,
  y: t.b * x + t.d * y + t.f,
})

/** The direction on the slide, of length 1, that is dx, dy on the stage. */
export function directionOnSlide(t: ViewTransform, dx: number, dy: number): [number, number] {
  const [from, to] = [toSlide(t, 0, 0), toSlide(t, dx, dy)]
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  return [(to.x - from.x) / length, (to.y - from.y) / length]
}

/** Bounds of what the stage shows, level-0 pixels. */
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

/** The four corners of the stage on the slide, level-0 pixels: x, y of each, going round. */
export const stageOnSlide = (t: ViewTransform): number[] =>
  [toSlide(t, 0, 0), toSlide(t, t.width, 0), toSlide(t, t.width, t.height), toSlide(t, 0, t.height)].flatMap(
    ({ x, y }) => [x, y],
  )

/** Nuclei on the stage, however the slide is turned: within its four corners, not in the upright box around them. */
export const inView = (t: ViewTransform): NucleusFilter => ({ polygon: stageOnSlide(t) })

/** µm per CSS pixel along the stage's horizontal, whatever way the slide is turned and however unequal its pixels. */
export function micronsAcross(t: ViewTransform, mpp: { x: number; y: number }): number {
  const determinant = t.a * t.d - t.b * t.c
  return Math.hypot((t.d / determinant) * mpp.x, (t.b / determinant) * mpp.y)
}

/** How far the slide is turned clockwise, whole degrees 0 … 359. */
export const rotationOf = (t: ViewTransform): number => (Math.round((Math.atan2(t.b, t.a) * 180) / Math.PI) + 360) % 360

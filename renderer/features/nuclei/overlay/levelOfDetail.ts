/** How nuclei are drawn. Every level draws all of them: as outlines, as dots, or summed into a density picture. */
export type LevelOfDetail = 'outlines' | 'dots' | 'density'

/**
 * `outlines`, `dots`: largest number of nuclei in view at that level. `outlineFrom`: smallest size of a typical
 * nucleus, in CSS pixels, that is drawn as an outline.
 */
export interface DrawingLimits {
  readonly outlineFrom: number
  readonly outlines: number
  readonly dots: number
}

/**
 * Limits per kind of renderer. A software renderer still draws this much at 15 frames a second: it takes some 0.7 µs
 * for each point or triangle, whatever its size (SwiftShader, two cores). A graphics card draws ten times as much; its
 * limits only avoid outlines and dots that would merge into a blot.
 */
const limits: Record<'software' | 'card', DrawingLimits> = {
  software: { outlineFrom: 7, outlines: 3_000, dots: 24_000 },
  card: { outlineFrom: 4, outlines: 30_000, dots: 300_000 },
}

/** Returns the limits for a renderer, given the name from WebGL. An empty name counts as software. */
export const limitsFor = (renderer: string): DrawingLimits =>
  renderer === '' || /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer)
    ? limits.software
    : limits.card

/**
 * Returns the level of detail for a view with `inView` nuclei of `typicalDiameter` level-0 pixels, at `scale` CSS
 * pixels per level-0 pixel.
 */
export function levelOfDetail(
  inView: number,
  typicalDiameter: number,
  scale: number,
  most: DrawingLimits,
): LevelOfDetail {
  if (inView > most.dots) return 'density'
  if (typicalDiameter * scale < most.outlineFrom || inView > most.outlines) return 'dots'
  return 'outlines'
}

/**
 * Returns 1 to draw every point of an outline, or 2 for every second point if the nucleus is too small to see the
 * difference.
 */
export const outlineStep = (typicalDiameter: number, devicePixels: number): 1 | 2 =>
  typicalDiameter * devicePixels < 18 ? 2 : 1

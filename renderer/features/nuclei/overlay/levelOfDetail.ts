/** How nuclei are drawn. All of them are, at every level: as outlines, as dots, or summed into a density picture. */
export type LevelOfDetail = 'outlines' | 'dots' | 'density'

/** Most nuclei in view at each level, and from how many CSS pixels of a typical nucleus on it has an outline. */
export interface DrawingLimits {
  readonly outlineFrom: number
  readonly outlines: number
  readonly dots: number
}

/**
 * What a software renderer still draws at 15 frames a second: it takes some 0.7 µs for each point or triangle, whatever its
 * size (SwiftShader, two cores). A graphics card draws ten times as much and is spared only what would be a blot.
 */
const limits: Record<'software' | 'card', DrawingLimits> = {
  software: { outlineFrom: 7, outlines: 3_000, dots: 24_000 },
  card: { outlineFrom: 4, outlines: 30_000, dots: 300_000 },
}

/** The limits for a renderer by the name that WebGL gives it; without a name it counts as software. */
export const limitsFor = (renderer: string): DrawingLimits =>
  renderer === '' || /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer)
    ? limits.software
    : limits.card

/**
 * The level of detail for a view that holds `inView` nuclei of `typicalDiameter` level-0 pixels at `scale` CSS pixels
 * per level-0 pixel.
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

/** Of an outline every point is drawn, or every second where the nucleus is too small for the eye to tell. */
export const outlineStep = (typicalDiameter: number, devicePixels: number): 1 | 2 =>
  typicalDiameter * devicePixels < 18 ? 2 : 1

/** How nuclei are drawn. All of them are, at every level: as outlines, as dots, or summed into a density picture. */
export type LevelOfDetail = 'outlines' | 'dots' | 'density'

const outlineFrom = 4 // CSS pixels of a typical nucleus: below that an outline is a blot
const mostOutlines = 12_000
const mostDots = 150_000

/**
 * The level of detail for a view that holds `inView` nuclei of `typicalDiameter` level-0 pixels at `scale` CSS pixels
 * per level-0 pixel. Limits: what a software renderer still draws at 15 frames a second.
 */
export function levelOfDetail(inView: number, typicalDiameter: number, scale: number): LevelOfDetail {
  if (inView > mostDots) return 'density'
  if (typicalDiameter * scale < outlineFrom || inView > mostOutlines) return 'dots'
  return 'outlines'
}

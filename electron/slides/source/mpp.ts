import { FailureError, message, type Mpp } from '../../contract/index.ts'

/** µm/px of light microscope scans. Numbers outside are screen resolutions or mistakes. */
const plausible = { least: 0.05, most: 5 }
const isPlausible = (mpp: number) => mpp >= plausible.least && mpp <= plausible.most

/** Returns the µm/px stated by a file, or null if it cannot be a slide's scale. NaN is allowed and gives null. */
export const statedMpp = (x: number, y: number, source: string): Mpp | null =>
  isPlausible(x) && isPlausible(y) ? { x, y, source } : null

/** µm/px outside which even a length stated in physical units is a mistake. */
const physical = { least: 0.02, most: 1000 }

/**
 * Returns the µm/px that a file states as a physical length, which cannot be a screen resolution; null if it is
 * impossible. A reduced copy may have 30 µm/px.
 */
export const physicalMpp = (x: number, y: number, source: string): Mpp | null =>
  [x, y].every((mpp) => mpp >= physical.least && mpp <= physical.most) ? { x, y, source } : null

/** Returns the µm/px given by the user. Throws FailureError 'invalid-input' if it is not a plausible scale. */
export function givenMpp(mpp: number): Mpp {
  if (!isPlausible(mpp))
    throw new FailureError(
      'invalid-input',
      message('mppImplausible', { least: plausible.least, most: plausible.most, mpp: String(mpp) }),
    )
  return { x: mpp, y: mpp, source: 'given by the user' }
}

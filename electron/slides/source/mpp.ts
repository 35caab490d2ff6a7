import { FailureError, type Mpp } from '../../contract/index.ts'

/** Beyond these no light microscope scans slides; a smaller or larger number is a screen resolution or a mistake. */
const plausible = { least: 0.05, most: 5 }
const isPlausible = (mpp: number) => mpp >= plausible.least && mpp <= plausible.most

/** µm/px from numbers a file states, or null where they cannot be a slide's scale. NaN is allowed and refused. */
export const statedMpp = (x: number, y: number, source: string): Mpp | null =>
  isPlausible(x) && isPlausible(y) ? { x, y, source } : null

/** Beyond these a length per pixel is a mistake even where the file gives it in a unit of length. */
const physical = { least: 0.02, most: 1000 }

/** µm/px that a file states as a length, which no screen resolution can be taken for: a reduced copy may have 30 µm/px. */
export const physicalMpp = (x: number, y: number, source: string): Mpp | null =>
  [x, y].every((mpp) => mpp >= physical.least && mpp <= physical.most) ? { x, y, source } : null

/** µm/px as the user gave it. Fails with 'invalid-input' where it is not a scale. */
export function givenMpp(mpp: number): Mpp {
  if (!isPlausible(mpp))
    throw new FailureError(
      'invalid-input',
      `µm/px must lie between ${plausible.least} and ${plausible.most} (40× is about 0.25), but it is ${mpp}.`,
    )
  return { x: mpp, y: mpp, source: 'given by the user' }
}

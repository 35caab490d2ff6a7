interface Size {
  readonly width: number
  readonly height: number
}

interface TiledSize extends Size {
  readonly tileWidth: number
  readonly tileHeight: number
}

/** How a smaller image belongs to the largest. */
export interface LevelFactor {
  /** Level-0 pixels per pixel of the level. */
  readonly factor: number
  /** Size of the slide at this factor. The image may be larger (padded to whole tiles); what is beyond is no slide. */
  readonly width: number
  readonly height: number
  /** False if the image ends before the slide does: cut to whole tiles. */
  readonly isWhole: boolean
}

/** Sizes are rounded to whole pixels, so a level may be a pixel larger or smaller than the slide divided by its factor. */
const rounding = 1
/** Largest relative difference of a factor from a whole number that it is taken for. */
const nearWhole = 0.05
const agreement = 0.01

/**
 * Returns the factor of a level whose size is that of the slide divided by one factor: a whole number where the sizes
 * allow it. null if width and height do not agree: they may differ by two pixels or one percent.
 */
export function factorOfSizes(base: Size, level: Size): number | null {
  const x = base.width / level.width
  const y = base.height / level.height
  const whole = Math.round((x + y) / 2)
  if (whole >= 1 && fits(base, level, whole)) return whole
  const expected = (level.width * base.height) / base.width
  return Math.abs(level.height - expected) <= Math.max(2, agreement * expected) ? (x + y) / 2 : null
}

const fits = (base: Size, level: Size, factor: number) =>
  Math.abs(base.width / factor - level.width) <= rounding && Math.abs(base.height / factor - level.height) <= rounding

/**
 * Returns how an image belongs to the pyramid of `base`; null if it shows something else. Scanners pad lower levels to
 * whole tiles or cut them, so that sizes alone may mislead: `stated`, the ratio of the pixel spacings or resolutions that
 * the file states (null: none), comes first, unless it is impossible. Else a whole number near both ratios is taken.
 * `above`: the factor of the next larger level.
 */
export function levelFactor(base: Size, level: TiledSize, stated: number | null, above = 1): LevelFactor | null {
  if (level.width >= base.width && level.height >= base.height) return null
  const bySizes = factorOfSizes(base, level)
  if (stated !== null && stated > 1 + agreement) {
    if (bySizes !== null && Math.abs(bySizes / stated - 1) < agreement) return at(base, level, bySizes)
    const nearest = Math.round(stated)
    const factor = Math.abs(stated / nearest - 1) < agreement ? nearest : stated
    if (isPossible(base, level, factor)) return at(base, level, factor)
  }
  if (bySizes !== null && Number.isInteger(bySizes)) return at(base, level, bySizes)
  const padded = paddedFactor(base, level, above)
  if (padded !== null) return at(base, level, padded)
  // Padding that is in proportion to both sides is a coincidence, except on a square slide.
  const isSquare = Math.abs(base.width / base.height - 1) < 2 * agreement
  const isScaled = Math.abs(level.height - (level.width * base.height) / base.width) <= rounding
  if (bySizes !== null && bySizes > 1 && isScaled && !isSquare) return at(base, level, bySizes)
  const whole = Math.round((base.width / level.width + base.height / level.height) / 2)
  const isNear = (size0: number, size: number) => Math.abs(size0 / size / whole - 1) <= nearWhole
  if (whole > 1 && isNear(base.width, level.width) && isNear(base.height, level.height)) return at(base, level, whole)
  return bySizes === null || bySizes <= 1 ? null : at(base, level, bySizes)
}

const at = (base: Size, level: Size, factor: number): LevelFactor => {
  const [width, height] = [base.width, base.height].map((size) => Math.ceil(size / factor - 1e-6))
  const isWhole = level.width >= width - 1.5 * rounding && level.height >= height - 1.5 * rounding
  return { factor, width: Math.min(width, level.width), height: Math.min(height, level.height), isWhole }
}

/** A level is padded to whole tiles, or to twice its size at most; it is cut by less than a tile, and not by half. */
function isPossible(base: Size, level: TiledSize, factor: number): boolean {
  const isBetween = (size0: number, size: number, tile: number) => {
    const exact = size0 / factor
    const most = size % tile === 0 ? Math.max(exact + tile, 2 * exact) : 2 * exact
    return size > Math.max(exact - tile, exact / 2) - rounding && size < most + rounding
  }
  return isBetween(base.width, level.width, level.tileWidth) && isBetween(base.height, level.height, level.tileHeight)
}

/** Returns the smallest whole factor above `above` at which the slide, padded to whole tiles, has this size. */
function paddedFactor(base: Size, level: TiledSize, above: number): number | null {
  const pads = (size0: number, size: number, tile: number, factor: number) =>
    size % tile === 0 && Math.ceil(Math.ceil(size0 / factor) / tile) * tile === size
  const most = Math.min(base.width, base.height)
  for (let factor = Math.max(2, Math.floor(above) + 1); factor <= most && factor <= 4096; factor++)
    if (
      pads(base.width, level.width, level.tileWidth, factor) &&
      pads(base.height, level.height, level.tileHeight, factor)
    )
      // A pyramid's factors are powers of two wherever one fits.
      return (
        [2, 4, 8, 16, 32, 64, 128, 256].find(
          (power) =>
            power >= factor &&
            pads(base.width, level.width, level.tileWidth, power) &&
            pads(base.height, level.height, level.tileHeight, power),
        ) ?? factor
      )
  return null
}

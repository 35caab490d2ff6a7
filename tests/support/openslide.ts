import type { RgbImage } from '../../electron/contract/index.ts'
import { findOpenSlide, type OpenSlideLibrary } from '../../electron/slides/openslide/library.ts'
import { straightRgb } from '../../electron/slides/openslide/straightRgb.ts'

/**
 * OpenSlide libraries to compare with: the one that Karyon finds (3.4 in Debian 12), and with KARYON_OPENSLIDE_4 the library of PyPI's
 * openslide-bin (4.x), by its path. Empty, and said on stderr, where there are none.
 */
export async function openSlideLibraries(): Promise<OpenSlideLibrary[]> {
  const places = [undefined, process.env.KARYON_OPENSLIDE_4].filter((place, i) => i === 0 || place !== undefined)
  const found = await Promise.all(places.map((place) => findOpenSlide(place)))
  const libraries = found.flatMap((one) => ('library' in one ? [one.library] : []))
  if (libraries.length === 0)
    process.stderr.write('Skipped: comparisons with OpenSlide, which is not on this machine (package libopenslide0).\n')
  return libraries
}

/** Pixels of level 0 as OpenSlide reads them. */
export async function readBy(
  library: OpenSlideLibrary,
  path: string,
  x: number,
  y: number,
  width: number,
  height: number,
  level = 0,
): Promise<RgbImage> {
  const slide = await library.open(path)
  if (slide === null) throw new Error(`OpenSlide does not open ${path}.`)
  const pixels = new Uint8Array(width * height * 4)
  await library.readRegion(slide, pixels, x, y, level, width, height)
  const error = library.error(slide)
  await library.close(slide)
  if (error !== null) throw new Error(error)
  return { width, height, data: straightRgb(pixels) }
}

import type { SlideReader } from '../../contract/index.ts'
import { tissueMask } from '../../../models/tissue/tissueMask.ts'
import { removeSpecks } from './specks.ts'

/** The tissue in a picture of the whole slide. */
export interface TissuePicture {
  readonly width: number
  readonly height: number
  /** Level-0 pixels per pixel of the picture, in x and y. */
  readonly scale: readonly [x: number, y: number]
  /** 1 where there is tissue, row by row. */
  readonly mask: Uint8Array
}

/** The tissue that is searched, with how dark it is. */
export interface SearchedTissue extends TissuePicture {
  /** Median over the tissue's pixels of the optical density (natural logarithm, mean of red, green and blue). */
  readonly density: number
}

/** Resolution of a picture: µm per pixel, and its longest side in pixels at most. */
interface Resolution {
  readonly mpp: number
  readonly side: number
}
/** For detection, which must not miss a fragment. */
const fine: Resolution = { mpp: 8, side: 3000 }
/**
 * For display and measurement, while the host waits. On a 15 mm slide a pixel is 10 µm; outlines drawn by two people
 * differ by more.
 */
const coarse: Resolution = { mpp: 8, side: 1500 }
/** Smaller pieces are specks on the glass, smaller holes are lumina: the area of a 70 µm square. */
const leastArea = 0.005 // mm²

/** Finds everything on a slide's overview that is not clean glass, however small. `mpp`: µm per level-0 pixel. */
export async function tissueForDetection(reader: SlideReader, mpp: number, picture = fine): Promise<SearchedTissue> {
  const { width, height } = reader.info
  const shrink = Math.max(picture.mpp / mpp, Math.max(width, height) / picture.side, 1)
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side / shrink)))
  const overview = await reader.region({ x: 0, y: 0, width, height }, w, h)
  const mask = tissueMask(overview.data, w, h)
  return { width: w, height: h, scale: [width / w, height / h], mask, density: medianDensity(overview.data, mask) }
}

/** Returns the median optical density of the pixels under a mask, NaN if there are none. */
function medianDensity(rgb: Uint8Array, mask: Uint8Array): number {
  const densities: number[] = []
  for (let i = 0; i < mask.length; i++)
    if (mask[i])
      densities.push(-Math.log(((rgb[3 * i] + 1) * (rgb[3 * i + 1] + 1) * (rgb[3 * i + 2] + 1)) / 256 ** 3) / 3)
  return Float32Array.from(densities).sort()[densities.length >> 1] ?? NaN
}

/** Finds tissue as a person would draw it: without specks and without holes of their size. */
export async function tissueForDisplay(reader: SlideReader, mpp: number): Promise<TissuePicture> {
  const { mask, ...picture } = await tissueForDetection(reader, mpp, coarse)
  const pixelArea = (picture.scale[0] * picture.scale[1] * mpp ** 2) / 1e6 // mm²
  return { ...picture, mask: removeSpecks(mask, picture.width, picture.height, leastArea / pixelArea) }
}

import type { SlideReader } from '../../contract/index.ts'
import { tissueMask } from '../../../models/detector/tissue.ts'
import { withoutSpecks } from './specks.ts'

/** Where tissue is, in a picture of the whole slide. */
export interface TissuePicture {
  readonly width: number
  readonly height: number
  /** Level-0 pixels per pixel of the picture, each way. */
  readonly scale: readonly [x: number, y: number]
  /** 1 where tissue is, row by row. */
  readonly mask: Uint8Array
}

/** How fine a picture is: µm per pixel, and the largest side in pixels. */
interface Fineness {
  readonly mpp: number
  readonly side: number
}
/** For what must not miss a fragment. */
const fine: Fineness = { mpp: 8, side: 3000 }
/** For what a person looks at and measures, while the host waits: of a 15 mm slide 10 µm, which no two people draw alike. */
const coarse: Fineness = { mpp: 8, side: 1500 }
/** Pieces and holes below this are specks on the glass and lumina: a square of 70 µm. */
const leastArea = 0.005 // mm²

/** What in a slide's overview is no clean glass: everything, however small. `mpp`: µm per level-0 pixel. */
export async function surveyTissue(reader: SlideReader, mpp: number, picture = fine): Promise<TissuePicture> {
  const { width, height } = reader.info
  const shrink = Math.max(picture.mpp / mpp, Math.max(width, height) / picture.side, 1)
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side / shrink)))
  const overview = await reader.region({ x: 0, y: 0, width, height }, w, h)
  return { width: w, height: h, scale: [width / w, height / h], mask: tissueMask(overview.data, w, h) }
}

/** The same as a person would draw it: without specks and without holes of their size. */
export async function findTissue(reader: SlideReader, mpp: number): Promise<TissuePicture> {
  const { mask, ...picture } = await surveyTissue(reader, mpp, coarse)
  const pixelArea = (picture.scale[0] * picture.scale[1] * mpp ** 2) / 1e6 // mm²
  return { ...picture, mask: withoutSpecks(mask, picture.width, picture.height, leastArea / pixelArea) }
}

import { binaryRoutes } from '../../../electron/contract/routes.ts'
import type { SlideSummary } from '../../../electron/contract/index.ts'
import { address } from '../../host/index.ts'

const field = 28 // µm a side: a nucleus with its neighbours, all at one scale so that sizes can be compared
const fieldPixels = 112 // where the scale is unknown, as at 0.25 µm/px

/** The address of a nucleus' picture, `side` device pixels a side. */
export function pictureOf(slide: SlideSummary, [x0, y0, x1, y1]: readonly number[], side: number): string {
  const { mpp } = slide.info
  const size = mpp ? (2 * field) / (mpp.x + mpp.y) : fieldPixels
  return address(binaryRoutes.picture(slide.id, (x0 + x1 - size) / 2, (y0 + y1 - size) / 2, size, side))
}

import { binaryRoutes, picturePitch } from '../../../electron/contract/api/binaryRoutes.ts'
import type { SlideSummary } from '../../../electron/contract/index.ts'
import { address } from '../../host/index.ts'
import type { Item } from './items.ts'

/** Nuclei whose pictures are fetched together; blocks of items hold whole strips. */
export const stripLength = 8
const field = 28 // µm a side: a nucleus with its neighbours, all at one scale so that sizes can be compared
const fieldPixels = 112 // where the scale is unknown, as at 0.25 µm/px

/** Pictures of several nuclei in one image, below one another. */
export interface Strip {
  readonly src: string
  /** Row of each, by its place on the slide. */
  readonly at: ReadonlyMap<string, number>
}

/** Level-0 pixels a side of what a nucleus' picture shows. */
const fieldOf = ({ mpp }: SlideSummary['info']): number => (mpp ? (2 * field) / (mpp.x + mpp.y) : fieldPixels)

const cornerOf = ([x0, y0, x1, y1]: readonly number[], size: number) =>
  [Math.round((x0 + x1 - size) / 2), Math.round((y0 + y1 - size) / 2)] as const

/** The place of a nucleus' picture: two of one place are one picture, those of two slides never. */
export const placeOf = ({ id, info }: SlideSummary, box: readonly number[]): string =>
  `${id}/${cornerOf(box, fieldOf(info)).join('_')}`

/** The strip of these items, `side` device pixels each; null while one of them is not here, and where none is there. */
export function stripOf(slide: SlideSummary, items: readonly Item[], side: number): Strip | null {
  if (items.includes(undefined)) return null
  const there = items.filter((item) => item !== null && item !== undefined)
  if (there.length === 0) return null
  const size = fieldOf(slide.info)
  const corners = there.map(({ box }) => cornerOf(box, size))
  const at = new Map(there.map(({ box }, k) => [placeOf(slide, box), k]))
  return { src: address(binaryRoutes.pictures(slide.id, corners, size, side)), at }
}

/** Row `at` of a strip as the background of a square of `size` CSS pixels. */
export const rowStyle = (src: string, at: number, size: number, side: number) => ({
  backgroundImage: `url("${src}")`,
  backgroundSize: `${size}px auto`,
  backgroundPosition: `0 ${(-at * picturePitch(side) * size) / side}px`,
})

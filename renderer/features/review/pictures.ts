import { binaryRoutes, picturePitch } from '../../../electron/contract/api/binaryRoutes.ts'
import type { SlideSummary } from '../../../electron/contract/index.ts'
import { meanMpp } from '../../../electron/contract/slides/scale.ts'
import { address } from '../../host/index.ts'
import type { Item } from './items.ts'

/** Number of nuclei whose pictures are fetched together; a block of items is a whole number of strips. */
export const stripLength = 8
const field = 28 // µm a side: a nucleus with its neighbours, all at one scale so that sizes can be compared
const fieldPixels = 112 // level-0 pixels a side if the scale is unknown: the field at 0.25 µm/px

/** Pictures of several nuclei in one image, one below the other. */
export interface Strip {
  readonly src: string
  /** Row of each picture, by its place on the slide (`placeOf`). */
  readonly at: ReadonlyMap<string, number>
}

/** Returns the side of the field that a picture shows, level-0 pixels. */
const fieldOf = ({ mpp }: SlideSummary['info']): number => (mpp ? field / meanMpp(mpp) : fieldPixels)

const cornerOf = ([x0, y0, x1, y1]: readonly number[], size: number) =>
  [Math.round((x0 + x1 - size) / 2), Math.round((y0 + y1 - size) / 2)] as const

/**
 * Returns a key for the place of a nucleus's picture. Nuclei at the same place share one picture; places on two slides
 * always differ.
 */
export const placeOf = ({ id, info }: SlideSummary, box: readonly number[]): string =>
  `${id}/${cornerOf(box, fieldOf(info)).join('_')}`

/**
 * Returns the strip for these items, `side` device pixels each, or null if an item is not fetched yet or all nuclei are
 * gone.
 */
export function stripOf(slide: SlideSummary, items: readonly Item[], side: number): Strip | null {
  if (items.includes(undefined)) return null
  const there = items.filter((item) => item !== null && item !== undefined)
  if (there.length === 0) return null
  const size = fieldOf(slide.info)
  const corners = there.map(({ box }) => cornerOf(box, size))
  const at = new Map(there.map(({ box }, k) => [placeOf(slide, box), k]))
  return { src: address(binaryRoutes.pictures(slide.id, corners, size, side)), at }
}

/** Returns the style that shows row `at` of a strip as the background of a square of `size` CSS pixels. */
export const rowStyle = (src: string, at: number, size: number, side: number) => ({
  backgroundImage: `url("${src}")`,
  backgroundSize: `${size}px auto`,
  backgroundPosition: `0 ${(-at * picturePitch(side) * size) / side}px`,
})

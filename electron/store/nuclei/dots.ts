import Flatbush from 'flatbush'
import { inPolygon } from '../../../models/geometry/polygon.ts'
import { boxOf, outlineOf } from '../../../models/nuclei/nuclei.ts'
import { numberedIds, type Merged, type SlideNuclei } from './mergeNuclei.ts'

/** A dot beside all outlines belongs to the nucleus whose box's middle is at most this far away, µm. */
const reach = 3
/** The same in pixels where the scale is not known. */
const reachInPixels = 12

/**
 * Finds the nucleus at each dot (x, y, level-0 pixels) among those of a slide after a merge: the one whose outline holds
 * the dot, else the nearest within `reach`. Returns its id, 0 if there is none. A nucleus is given to one dot only, the
 * nearest to its middle.
 */
export function nucleiAtDots(
  slide: Pick<SlideNuclei, 'drawn' | 'overridden'>,
  merged: Merged,
  firstId: number,
  dots: Float64Array,
  mpp: number | { readonly x: number; readonly y: number } | null | undefined,
): Uint32Array {
  const found = new Uint32Array(dots.length / 2)
  const first = merged.nuclei.count
  const count = first + slide.drawn.count
  if (found.length === 0 || count === 0) return found
  const ids = numberedIds(merged, firstId)
  const idOf = (i: number) => (i < first ? ids[i] : slide.drawn.id[i - first])
  const part = (i: number) => (i < first ? ([merged.nuclei, i] as const) : ([slide.drawn, i - first] as const))
  const scale = typeof mpp === 'object' ? mpp?.x : mpp
  const radius = scale ? reach / scale : reachInPixels
  const index = new Flatbush(count, 16, Float64Array)
  for (let i = 0; i < count; i++) index.add(...boxOf(...part(i)))
  index.finish()
  const pairs: { dot: number; nucleus: number; distance: number }[] = []
  for (let d = 0; d < found.length; d++) {
    const [x, y] = [dots[2 * d], dots[2 * d + 1]]
    for (const i of index.search(x - radius, y - radius, x + radius, y + radius)) {
      // Outlines that a user redrew or deleted stand in the chunks too.
      if (i < first && slide.overridden.has(ids[i])) continue
      const [x0, y0, x1, y1] = boxOf(...part(i))
      const distance = Math.hypot(x - (x0 + x1) / 2, y - (y0 + y1) / 2)
      if (inPolygon(outlineOf(...part(i)))(x, y)) pairs.push({ dot: d, nucleus: i, distance })
      else if (distance <= radius) pairs.push({ dot: d, nucleus: i, distance: distance + radius })
    }
  }
  pairs.sort((a, b) => a.distance - b.distance || a.dot - b.dot || a.nucleus - b.nucleus)
  const taken = new Uint8Array(count)
  for (const { dot, nucleus } of pairs) {
    if (found[dot] || taken[nucleus]) continue
    taken[nucleus] = 1
    found[dot] = idOf(nucleus)
  }
  return found
}

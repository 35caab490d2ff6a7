import type { Nuclei, Rect } from '../../contract/index.ts'
import { moved, sibling, startThread } from '../../threads/index.ts'
import { centroidOf } from '../../../models/geometry/outline.ts'
import type { Region } from '../../../models/detector/grid.ts'
import { takeNuclei } from '../../../models/nuclei/join.ts'
import { outlineOf } from '../../../models/nuclei/nuclei.ts'
import { seamKeeper } from '../../../models/detector/seams.ts'
import type { CallContext } from '../handler.ts'
import { engineThreads } from '../runtime/limits.ts'
import type { Detector } from './detector.ts'
import type { DetectionThread, DetectJob } from './worker.ts'

/** A region to search. `searched` are the areas that count as searched with it, level-0 pixels. */
export interface Work extends Region {
  readonly searched: Rect[]
}

/** Maximum number of threads that read while the network runs. More would only wait for it. */
const mostThreads = 4

/**
 * Searches regions. Threads read them, the network runs on one region at a time, and the threads then make the
 * outlines. Reports nuclei to the caller in the queue's order and returns their number.
 */
export async function searchRegions(
  detector: Detector,
  job: DetectJob,
  queue: readonly Work[],
  { signal, progress, breathe }: CallContext<'detect'>,
): Promise<number> {
  const seams = seamKeeper()
  const finished = new Map<number, Nuclei>()
  let done = 0
  let count = 0
  /** Reports finished regions in the queue's order, so that the same copy of a nucleus at a seam is kept each time. */
  const tell = () => {
    for (let found = finished.get(done); found; found = finished.get(done)) {
      finished.delete(done)
      const { core, searched } = queue[done++]
      const nuclei = newOf(found, job.scale, (x, y) => seams.isNew(core, x, y))
      count += nuclei.count
      progress({ done, of: queue.length, nuclei, searched })
    }
  }
  const next = queue.entries()
  // At least two, so that one reads while the network runs on the other's region.
  const threads = Array.from({ length: Math.min(Math.max(engineThreads(), 2), mostThreads, queue.length) }, () =>
    startThread<DetectionThread>(sibling(import.meta.url, './worker'), job, { signal }),
  )
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (const [i, { core, read }] of next) {
          const region = { core, read }
          const image = await thread.call('imageOf', region)
          await breathe()
          const maps = await detector.look(image)
          finished.set(i, await thread.call('nucleiOf', region, moved(maps, [maps.heat.buffer, maps.inside.buffer])))
          tell()
        }
      }),
    )
  } finally {
    await Promise.all(threads.map((thread) => thread.end()))
  }
  return count
}

function newOf(nuclei: Nuclei, scale: number, isNew: (x: number, y: number) => boolean): Nuclei {
  const kept = Uint32Array.from(Array(nuclei.count).keys()).filter((i) => {
    const [x, y] = centroidOf(outlineOf(nuclei, i))
    return isNew(x / scale, y / scale)
  })
  return kept.length === nuclei.count ? nuclei : takeNuclei(nuclei, kept)
}

import { type DetectProgress, type Nuclei, type Rect, message } from '../../contract/index.ts'
import { findDetector } from '../../launch/detectors.ts'
import { touchesOld } from '../../store/index.ts'
import { slideChanged, type ProjectContext } from '../state/context.ts'
import { callEngine } from './callEngine.ts'
import { every } from './throttle.ts'
import type { JobWork } from '../state/jobQueue.ts'
import type { MergeResult } from './merging.ts'
import { mergeInThread } from './mergeJob.ts'
import { alsoSearched, wholePixels } from '../../../models/geometry/rects.ts'
import { concatNuclei, takeNuclei } from '../../../models/nuclei/join.ts'

/** Where to search for nuclei. See the route `nuclei.detect`. */
export interface Wanted {
  readonly region?: Rect
  readonly first?: Rect
  readonly rest?: boolean
  /** Folder of the detector, or the id of a built-in one (default: the built-in one). */
  readonly detector?: string
}

/** Interval at which new nuclei reach the project and the page, ms. */
const showEvery = 500

/**
 * Detects nuclei. They are stored and shown as they arrive, unless they touch an older nucleus: those wait until the
 * end. Then both sets are merged as one undoable step, so that cancelling leaves no duplicates and no gaps. Together
 * with the shown nuclei, the project stores where was searched, so that a stopped job can continue, even after a crash.
 */
export function detectWork(
  context: ProjectContext,
  slideId: number,
  { region, first, rest, detector }: Wanted,
  reader: string,
): JobWork {
  return async (job) => {
    const { project } = context
    const { info, searched } = project.slides.get(slideId)
    // If everything was searched, there is no rest.
    const isRest = rest === true && searched !== null
    const old = project.nuclei.heads(slideId)
    const shownSoFar = { chunkIds: [] as number[], lastStepBefore: project.log.last, searched }
    const stored: Nuclei[] = []
    const waiting: Nuclei[] = []
    let fresh: DetectProgress[] = []
    /**
     * Rectangles searched but not yet recorded in the project. Those in `behind` are recorded when the waiting nuclei
     * are merged.
     */
    const done: Rect[] = []
    const behind: Rect[] = []
    const searchedWith = (more: readonly Rect[]) => alsoSearched(project.searched.of(slideId), more, info)
    const show = every(showEvery, () => {
      const pieces = fresh
      fresh = []
      const found = concatNuclei(pieces.map(({ nuclei }) => nuclei))
      const touches = touchesOld(old, found)
      let at = 0
      for (const { nuclei, searched } of pieces)
        (touches.subarray(at, (at += nuclei.count)).includes(1) ? behind : done).push(...searched)
      const positions = (value: number) => Uint32Array.from(touches.keys()).filter((i) => touches[i] === value)
      if (touches.includes(1)) waiting.push(takeNuclei(found, positions(1)))
      if (!touches.includes(0)) return
      const free = takeNuclei(found, positions(0))
      project.transact(() => {
        project.nuclei.append(slideId, free)
        project.searched.set(slideId, searchedWith(done.splice(0)))
      })
      shownSoFar.chunkIds.push(Math.max(...project.nuclei.chunks.of(slideId).map(({ id }) => id)))
      stored.push(free)
      slideChanged(context, slideId)
    })
    const params = {
      ...context.slides.forEngine(slideId),
      detector: await findDetector(detector),
      areas: context.tissue.areas(slideId),
      region,
      first,
      ...(isRest && { searched }),
    }
    const detect = async () => {
      const { seconds } = await callEngine(context.engine, 'detect', params, job.signal, (progress) => {
        fresh.push(progress)
        show.due()
        job.update({ done: progress.done, of: progress.of })
      }).finally(() => show.flush())
      const found = concatNuclei([...stored, ...waiting])
      // At the border of the area searched before, the same nuclei are found again: no older nucleus there is lost.
      const searchedTwice = isRest ? 'nowhere' : (region ?? 'everywhere')
      const title = ({ unmatched }: MergeResult) =>
        unmatched.length > 0 ? message('stepFoundKept', { kept: unmatched.length }) : message('stepFound')
      const step = {
        reader,
        title,
        count: () => found.count,
        searched: region ? searchedWith([wholePixels(region, info), ...done, ...behind]) : null,
        shownSoFar,
      }
      const wanted = { kind: 'detection', found, searchedTwice } as const
      return { seconds, found, merged: await mergeInThread(context, slideId, wanted, job.signal, step) }
    }
    const { seconds, found, merged } = await detect().catch((error: unknown) => {
      const count = stored.reduce((sum, nuclei) => sum + nuclei.count, 0)
      const step = { slideId, reader, title: message('stepFoundPartly'), count }
      if (count > 0) project.commitPartialDetection(step, searchedWith(done), shownSoFar)
      throw error
    })
    if (merged.unmatched.length > 0)
      context.announcer.notice('warning', message('notFoundAgain', { nuclei: merged.unmatched.length }))
    if (found.count === 0) return message(isRest ? 'noneFurther' : 'noneFound')
    const told = message('nucleiFound', { nuclei: found.count, seconds, carried: merged.movedLabels.length })
    return context.slides.saidWithScale(slideId, told)
  }
}

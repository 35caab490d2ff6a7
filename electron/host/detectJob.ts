import { tell, concatNuclei, takeNuclei, type Nuclei, type Rect } from '../contract/index.ts'
import { touching } from '../store/index.ts'
import { slideChanged, type Bench } from './bench.ts'
import { callEngine } from './callEngine.ts'
import { every } from './every.ts'
import type { JobWork } from './jobQueue.ts'
import type { MergeResult } from './mergeProtocol.ts'
import { mergeInThread } from './merging.ts'

/** How often finds reach the project and the page. */
const showEvery = 500

/**
 * Finds nuclei. Where the slide had none they are stored and shown as they come. A nucleus that touches one that was
 * there waits until the end: then both sets are merged as one undoable step, so that cancelling leaves no doubles and no gaps.
 */
export function detectWork(
  bench: Bench,
  slideId: number,
  where: { region?: Rect; first?: Rect },
  reader: string,
): JobWork {
  return async (job) => {
    const { project } = bench
    const old = project.nuclei.heads(slideId)
    const streamed = { shown: [] as number[], from: project.log.last }
    const stored: Nuclei[] = []
    const waiting: Nuclei[] = []
    let fresh: Nuclei[] = []
    const show = every(showEvery, () => {
      const found = concatNuclei(fresh)
      fresh = []
      if (found.count === 0) return
      const touches = touching(old, found)
      const positions = (value: number) => Uint32Array.from(touches.keys()).filter((i) => touches[i] === value)
      if (touches.includes(1)) waiting.push(takeNuclei(found, positions(1)))
      if (!touches.includes(0)) return
      const free = takeNuclei(found, positions(0))
      project.nuclei.append(slideId, free)
      streamed.shown.push(Math.max(...project.nuclei.chunks.of(slideId).map(({ id }) => id)))
      stored.push(free)
      slideChanged(bench, slideId)
    })
    const params = { ...bench.slides.forEngine(slideId), areas: bench.tissue.areas(slideId), ...where }
    const detect = async () => {
      const { seconds } = await callEngine(bench.engine, 'detect', params, job.signal, ({ done, of, nuclei }) => {
        fresh.push(nuclei)
        show.due()
        job.update({ done, of })
      }).finally(() => show.flush())
      const found = concatNuclei([...stored, ...waiting])
      const wanted = { kind: 'detection', found, ...(where.region && { region: where.region }) } as const
      const title = ({ unmatched }: MergeResult) =>
        unmatched.length > 0 ? tell('stepFoundKept', { kept: unmatched.length }) : tell('stepFound')
      const step = { reader, title, count: () => found.count, streamed }
      return { seconds, found, merged: await mergeInThread(bench, slideId, wanted, job.signal, step) }
    }
    const { seconds, found, merged } = await detect().catch((error: unknown) => {
      const count = stored.reduce((sum, nuclei) => sum + nuclei.count, 0)
      if (count > 0) project.keepShown({ slideId, reader, title: tell('stepFoundPartly'), count }, streamed)
      throw error
    })
    if (merged.unmatched.length > 0)
      bench.announcer.notice('warning', tell('notFoundAgain', { nuclei: merged.unmatched.length }))
    return found.count === 0
      ? tell('noneFound')
      : tell('nucleiFound', { nuclei: found.count, seconds, carried: merged.carried.length })
  }
}

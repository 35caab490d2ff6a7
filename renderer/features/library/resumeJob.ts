import type { Job, SlideSummary } from '../../../electron/contract/index.ts'
import { isSearched } from '../../../models/geometry/rects.ts'

const kinds: readonly Job['kind'][] = ['detect', 'classify', 'embed']

/**
 * Returns what can be done about a job on a slide that stopped early: 'goOn' continues it, 'again' can only repeat all
 * of it, null means nothing.
 */
export function takeUp(job: Job, jobs: readonly Job[], slide: SlideSummary | undefined): 'goOn' | 'again' | null {
  const hasStopped = job.state === 'cancelled' || job.state === 'failed'
  const isNewest = !jobs.some((later) => later.id > job.id && later.kind === job.kind && later.slideId === job.slideId)
  if (!slide || !hasStopped || !isNewest || !kinds.includes(job.kind)) return null
  if (job.kind !== 'detect') return 'goOn'
  // If the whole slide had been searched before, there is no record of what this job searched anew.
  if (slide.searched === null) return 'again'
  return job.region && isSearched(slide.searched, job.region) ? null : 'goOn'
}

import type { Job, SlideSummary } from '../../../electron/contract/index.ts'
import { isSearched } from '../../../models/geometry/rects.ts'

const kinds: readonly Job['kind'][] = ['detect', 'classify', 'embed']

/** What can be done about work on a slide that stopped before its end: go on with it, or only all of it again; null: nothing. */
export function takeUp(job: Job, jobs: readonly Job[], slide: SlideSummary | undefined): 'goOn' | 'again' | null {
  const hasStopped = job.state === 'cancelled' || job.state === 'failed'
  const isNewest = !jobs.some((later) => later.id > job.id && later.kind === job.kind && later.slideId === job.slideId)
  if (!slide || !hasStopped || !isNewest || !kinds.includes(job.kind)) return null
  if (job.kind !== 'detect') return 'goOn'
  // Where all had been searched before it, nothing tells what it searched anew.
  if (slide.searched === null) return 'again'
  return job.region && isSearched(slide.searched, job.region) ? null : 'goOn'
}

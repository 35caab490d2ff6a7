import type { Job, SlideSummary } from '../../../electron/contract/index.ts'

/** What a slide is waiting for; null while work on it is under way or nothing is missing. */
export function nextStep(slide: SlideSummary, jobs: readonly Job[]): 'detect' | 'classify' | null {
  const busy = jobs.some((job) => job.slideId === slide.id && (job.state === 'running' || job.state === 'waiting'))
  if (busy) return null
  if (slide.nuclei === 0) return 'detect'
  return slide.activeRunId === null ? 'classify' : null
}

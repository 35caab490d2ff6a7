import type { Job, SlideSummary } from '../../../electron/contract/index.ts'

const isBusy = ({ id }: SlideSummary, jobs: readonly Job[]) =>
  jobs.some((job) => job.slideId === id && (job.state === 'running' || job.state === 'waiting'))

/** Returns whether only part of a slide was searched for nuclei, so there may be more. */
export const isSearchedInPart = ({ searched }: SlideSummary): boolean => searched !== null && searched.length > 0

/** Returns whether all or part of a slide is still to be searched for nuclei. */
export const isToSearch = ({ nuclei, searched }: SlideSummary): boolean => nuclei === 0 || searched !== null

/** Returns the next step for a slide, or null while a job works on it or if nothing is missing. */
export function nextStep(slide: SlideSummary, jobs: readonly Job[]): 'detect' | 'classify' | null {
  if (isBusy(slide, jobs)) return null
  if (isToSearch(slide) && !(slide.nuclei > 0 && isSearchedInPart(slide))) return 'detect'
  return slide.activeRunId === null ? 'classify' : null
}

/** Returns whether a slide still has something to be searched or classified and no job is working on it. */
export const isUnfinished = (slide: SlideSummary, jobs: readonly Job[]): boolean =>
  !isBusy(slide, jobs) && (isToSearch(slide) || slide.activeRunId === null)

import type { Job, SlideSummary } from '../../../electron/contract/index.ts'

const isBusy = ({ id }: SlideSummary, jobs: readonly Job[]) =>
  jobs.some((job) => job.slideId === id && (job.state === 'running' || job.state === 'waiting'))

/** Whether nuclei were searched for on part of a slide alone: there may be more. */
export const isSearchedInPart = ({ searched }: SlideSummary): boolean => searched !== null && searched.length > 0

/** Whether nuclei are still to be searched for, on all of a slide or on the rest of it. */
export const isToSearch = ({ nuclei, searched }: SlideSummary): boolean => nuclei === 0 || searched !== null

/** What a slide is waiting for; null while work on it is under way or nothing is missing. */
export function nextStep(slide: SlideSummary, jobs: readonly Job[]): 'detect' | 'classify' | null {
  if (isBusy(slide, jobs)) return null
  if (isToSearch(slide) && !(slide.nuclei > 0 && isSearchedInPart(slide))) return 'detect'
  return slide.activeRunId === null ? 'classify' : null
}

/** Whether something of a slide is still to be searched or classified, and nobody is at it. */
export const isUnfinished = (slide: SlideSummary, jobs: readonly Job[]): boolean =>
  !isBusy(slide, jobs) && (isToSearch(slide) || slide.activeRunId === null)

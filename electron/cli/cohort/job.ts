import { createHash } from 'node:crypto'
import type { CohortJob } from '../../contract/index.ts'

/** A job without what follows from the rest of it. */
export type JobParts = Omit<CohortJob, 'format' | 'version' | 'result'>

/**
 * Returns a job's id: the slide's name, for people, and a hash of everything that decides its result. So a slide that is
 * enqueued twice is one job, and another model is another job. Without ":", which a queue's ids must not have.
 */
export function jobId({ kind, cohort, slide, bytes, model, detector, settings }: JobParts): string {
  const decides = [kind, cohort, slide, bytes, model?.name, model?.sha256, detector.name, detector.sha256]
  const hash = createHash('sha256').update(JSON.stringify([...decides, settings.mpp, settings.metric]))
  const name = (slide.split('/').at(-1) ?? '').replace(/[^\w.-]+/g, '_').slice(0, 60)
  return `${name}-${kind}-${hash.digest('hex').slice(0, 16)}`
}

/** Returns a whole job. */
export const cohortJob = (parts: JobParts): CohortJob => ({
  format: 'karyon-job',
  version: 1,
  ...parts,
  result: `${jobId(parts)}.json`,
})

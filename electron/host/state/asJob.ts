import { FailureError, message, type Job, type Message } from '../../contract/index.ts'
import type { ProjectContext } from './context.ts'
import type { JobContext } from './jobQueue.ts'

/**
 * Does work of the engine as a job, so that it waits for its turn, shows its progress and can be cancelled, and returns
 * its result. Throws what the work throws, and FailureError 'cancelled' if it was cancelled before it began.
 * @param says what the job says when it is done
 */
export async function asJob<T>(
  { jobs }: Pick<ProjectContext, 'jobs'>,
  job: Pick<Job, 'kind' | 'slideId'> & { title: Message },
  work: (job: JobContext) => Promise<T>,
  says: (result: T) => Message,
): Promise<T> {
  let outcome: { readonly result: T } | { readonly error: unknown } | undefined
  const id = jobs.add({ ...job, region: null }, async (context) => {
    try {
      const result = await work(context)
      outcome = { result }
      return says(result)
    } catch (error) {
      outcome = { error }
      throw error
    }
  })
  const ended = await jobs.finished(id)
  if (!outcome) throw new FailureError('cancelled', ended.message ?? message('cancelledBefore'))
  if ('error' in outcome) throw outcome.error
  return outcome.result
}

import type { Job } from '../../../electron/contract/index.ts'

export interface LossPoint {
  /** Training steps done. */
  readonly at: number
  /** null: not known at this step. */
  readonly loss: number | null
  /** Loss of held-out labels. null: they were not judged at this step. */
  readonly heldOut: number | null
}
export type LossHistory = ReadonlyMap<number, readonly LossPoint[]>

/** Returns the losses seen so far, by job, with those of `jobs` added; the same object if nothing is new. */
export function withLosses(history: LossHistory, jobs: readonly Job[]): LossHistory {
  let next: Map<number, readonly LossPoint[]> | undefined
  for (const job of jobs) {
    if (job.loss === null && job.heldOutLoss === null) continue
    const points = history.get(job.id) ?? []
    const last = points.at(-1)
    // A job keeps its last held-out loss until the next one, so only a new one belongs to this step.
    const before = points.findLast(({ heldOut }) => heldOut !== null)?.heldOut
    const isJudged = job.heldOutLoss !== null && job.heldOutLoss !== before
    if (last && last.at === job.done && last.loss === job.loss && !isJudged) continue
    const earlier = points.filter((point) => point.at < job.done)
    const here = points.find((point) => point.at === job.done)
    const heldOut = isJudged ? job.heldOutLoss : (here?.heldOut ?? null)
    next ??= new Map(history)
    next.set(job.id, [...earlier, { at: job.done, loss: job.loss, heldOut }])
  }
  return next ?? history
}

/** Returns the points as the columns of a chart: steps, losses, held-out losses. */
export const chartColumns = (points: readonly LossPoint[]): [number[], (number | null)[], (number | null)[]] => [
  points.map(({ at }) => at),
  points.map(({ loss }) => loss),
  points.map(({ heldOut }) => heldOut),
]

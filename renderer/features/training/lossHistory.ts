import type { Job } from '../../../electron/contract/index.ts'

export interface LossPoint {
  /** Training steps done. */
  at: number
  loss: number
}
export type LossHistory = ReadonlyMap<number, readonly LossPoint[]>

/** Returns the losses seen so far, by job, with those of `jobs` added; the same object if nothing is new. */
export function withLosses(history: LossHistory, jobs: readonly Job[]): LossHistory {
  let next: Map<number, readonly LossPoint[]> | undefined
  for (const job of jobs) {
    if (job.loss === null) continue
    const points = history.get(job.id) ?? []
    const last = points.at(-1)
    if (last && last.at === job.done && last.loss === job.loss) continue
    next ??= new Map(history)
    next.set(job.id, [...points.filter((point) => point.at < job.done), { at: job.done, loss: job.loss }])
  }
  return next ?? history
}

/** Returns the points of an SVG polyline; y runs from a loss of 0 at the bottom to the largest loss at the top. */
export function curve(points: readonly LossPoint[], of: number, width: number, height: number): string {
  const most = Math.max(...points.map((p) => p.loss), Number.MIN_VALUE)
  const end = Math.max(of, points.at(-1)?.at ?? 1, 1)
  return points
    .map((p) => `${((p.at / end) * width).toFixed(1)},${(height - (p.loss / most) * height).toFixed(1)}`)
    .join(' ')
}

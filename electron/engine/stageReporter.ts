import type { FinetuneProgress } from '../contract/index.ts'
import type { CallContext } from './handler.ts'

/** Says how far a stage of training is. */
export type Report = (stage: FinetuneProgress['stage'], step: number, of: number, loss?: number, note?: string) => void

/** Adds the time left, estimated from the stage's own pace. */
export function stageReporter(context: CallContext<'finetune'>): Report {
  let stage = ''
  let began = 0
  return (now, step, of, loss, note) => {
    if (stage !== now) [stage, began] = [now, performance.now()]
    const elapsed = (performance.now() - began) / 1000
    const secondsLeft = step > 0 ? (elapsed / step) * (of - step) : undefined
    context.progress({ stage: now, step, of, ...(Number.isFinite(loss) ? { loss } : {}), secondsLeft, note })
  }
}

import type { FinetuneProgress, PretrainProgress, Message } from '../../contract/index.ts'

type Stage = FinetuneProgress['stage'] | PretrainProgress['stage']

/** Reports the progress of a training stage. */
export type Report<S extends Stage = FinetuneProgress['stage']> = (
  stage: S,
  step: number,
  of: number,
  loss?: number,
  note?: Message,
  heldOutLoss?: number,
) => void

/**
 * Adds the time left to each report. It is estimated from the pace since the stage's first report, because a stage may
 * continue from a checkpoint.
 */
export function stageReporter<S extends Stage>(context: {
  progress(progress: {
    stage: S
    step: number
    of: number
    loss?: number
    heldOutLoss?: number
    secondsLeft?: number
    note?: Message
  }): void
}): Report<S> {
  let stage: S | undefined
  let began = 0
  let first = 0
  return (now, step, of, loss, note, heldOutLoss) => {
    if (stage !== now) [stage, began, first] = [now, performance.now(), step]
    const elapsed = (performance.now() - began) / 1000
    const secondsLeft = step > first ? (elapsed / (step - first)) * (of - step) : undefined
    context.progress({
      ...{ stage: now, step, of, secondsLeft, note },
      ...(Number.isFinite(loss) && { loss }),
      ...(Number.isFinite(heldOutLoss) && { heldOutLoss }),
    })
  }
}

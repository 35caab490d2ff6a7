import { FailureError, message } from '../../contract/index.ts'
import type { ParameterLayout } from '../../../models/nn/parameters.ts'

/**
 * Stops training at the first loss or gradient that is not a number: a model must never be written from such weights.
 * Names the step and the first tensor that is affected.
 */
export function assertFinite(loss: number, step: number, gradients: Float32Array, layout: ParameterLayout): void {
  if (Number.isFinite(loss) && allFinite(gradients)) return
  const slot = layout.slots.find(({ offset, size }) => !allFinite(gradients.subarray(offset, offset + size)))
  throw new FailureError(
    'diverged',
    message('diverged', { step: step + 1, gradient: slot?.name ?? null, loss: String(loss) }),
  )
}

/** x − x is 0 for finite numbers and NaN otherwise; a sum of them costs one pass and no branch. */
function allFinite(numbers: Float32Array): boolean {
  let sum = 0
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] - numbers[i]
  return sum === 0
}

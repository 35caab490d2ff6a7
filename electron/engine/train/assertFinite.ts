import { FailureError, message } from '../../contract/index.ts'
import type { ParameterLayout } from '../../../models/nn/parameters.ts'

/**
 * Throws at the first loss or gradient that is not finite: a model must never be written from such weights. The error
 * names the step and the first affected tensor.
 */
export function assertFinite(loss: number, step: number, gradients: Float32Array, layout: ParameterLayout): void {
  if (Number.isFinite(loss) && allFinite(gradients)) return
  const slot = layout.slots.find(({ offset, size }) => !allFinite(gradients.subarray(offset, offset + size)))
  throw new FailureError(
    'diverged',
    message('diverged', { step: step + 1, gradient: slot?.name ?? null, loss: String(loss) }),
  )
}

/** Sums x − x, which is 0 for finite numbers and NaN otherwise. This takes one pass without branches. */
function allFinite(numbers: Float32Array): boolean {
  let sum = 0
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] - numbers[i]
  return sum === 0
}

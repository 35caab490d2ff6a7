import { adamWStep, type ParameterGroup } from '../../../models/train/adamW.ts'
import type { TrainingState } from './checkpoint.ts'

export interface OptimiserOptions {
  readonly groups: readonly ParameterGroup[]
  readonly rate: number
  readonly weightDecay: number
  readonly beta2?: number
  /** Decay of the running mean, if the state keeps one as its third array. */
  readonly keep?: number
}

/** Does one AdamW step and updates the running mean, parameter by parameter, wherever the state is stored. */
export function optimiserStep(
  state: TrainingState,
  gradient: Float32Array,
  { groups, rate, weightDecay, beta2, keep = 0 }: OptimiserOptions,
): void {
  const { step } = state
  for (const group of groups) {
    const [from, to] = [group.offset, group.offset + group.size]
    const own = state.trained.values.subarray(from, to)
    const place = [{ ...group, offset: 0 }]
    state.arrays.lend(from, group.size, ([first, second, average]) => {
      adamWStep(own, gradient.subarray(from, to), { first, second, step }, place, rate, { weightDecay, beta2 })
      if (average) for (let k = 0; k < own.length; k++) average[k] = keep * average[k] + (1 - keep) * own[k]
    })
  }
  state.step++
}

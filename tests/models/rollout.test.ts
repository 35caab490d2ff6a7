import { expect, it } from 'vitest'
import { attentionRollout } from '../../models/nucleusVit/rollout.ts'

it('attention rollout equals the product of halved attention and residual, computed by hand', () => {
  // Two tokens. A₁ = [[0, 1], [1, 0]], A₂ = [[.5, .5], [0, 1]]; Â = ½A + ½I: Â₁ = [[.5, .5], [.5, .5]], Â₂ = [[.75, .25], [0, 1]].
  const first = Float32Array.of(0, 1, 1, 0)
  const second = Float32Array.of(0.5, 0.5, 0, 1)
  expect([...attentionRollout([first, second], 2, 0)]).toEqual([0.5, 0.5])
  // The other way round: [.5, .5]·Â₁ with Â₁ and Â₂ swapped = [.5·.75, .5·.25 + .5] = [.375, .625].
  expect([...attentionRollout([second, first], 2, 0)]).toEqual([0.375, 0.625])
})

it('a token that attends only to itself keeps all its attention', () => {
  const identity = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
  expect([...attentionRollout([identity, identity], 3, 2)]).toEqual([0, 0, 1])
})

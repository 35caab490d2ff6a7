import { describe, expect, it } from 'vitest'
import { maskedTokenScore, nearestVisible } from '../../../models/metrics/maskedTokens.ts'

describe('the score of masked tokens', () => {
  it('is computed for the model, the most frequent token and copying a neighbour', () => {
    const score = maskedTokenScore()
    // truth, predicted, copied
    for (const [t, p, c] of [
      [7, 7, 1],
      [7, 2, 7],
      [3, 3, 3],
      [5, 5, 0],
    ])
      score.add(t, p, c)
    expect(score.score()).toEqual({ tokens: 4, accuracy: 0.75, mostFrequent: 0.5, nearestVisible: 0.5 })
  })

  it('copies from the nearest visible patch', () => {
    const mask = Uint8Array.of(0, 1, 1, 1, 1, 1, 1, 1, 0)
    expect([...nearestVisible(mask, 3)]).toEqual([0, 0, 0, 0, 0, 8, 0, 8, 8])
    expect([...nearestVisible(new Uint8Array(4).fill(1), 2)]).toEqual([-1, -1, -1, -1])
  })
})

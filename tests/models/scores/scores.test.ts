import { describe, expect, it } from 'vitest'
import { classificationScore } from '../../../models/metrics/classification.ts'
import { logisticRegression } from '../../../models/metrics/logisticRegression.ts'

describe('classification scores', () => {
  it('equal hand-computed values', () => {
    //                                   a a a a b b b c
    const score = classificationScore([0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 1, 1, 1, 1, 2, 1], ['a', 'b', 'c'])
    expect(score.confusion).toEqual([
      [2, 2, 0],
      [0, 2, 1],
      [0, 1, 0],
    ])
    expect(score.accuracy).toBe(0.5)
    expect(score.classes[0]).toEqual({ name: 'a', precision: 1, recall: 0.5, f1: 4 / 6, jaccard: 0.5, support: 4 })
    expect(score.classes[1]).toMatchObject({ precision: 2 / 5, recall: 2 / 3, f1: 4 / 8, jaccard: 2 / 6 })
    expect(score.classes[2]).toMatchObject({ precision: 0, recall: 0, f1: 0, jaccard: 0, support: 1 })
    expect(score.weightedF1).toBeCloseTo((4 * (4 / 6) + 3 * 0.5) / 8)
    expect(score.macroF1).toBeCloseTo((4 / 6 + 0.5) / 3)
  })
  it('are undefined for a class that is neither present nor predicted', () => {
    const score = classificationScore([0, 0], [0, 0], ['a', 'b'])
    expect(score.classes[1]).toEqual({ name: 'b', precision: null, recall: null, f1: null, jaccard: null, support: 0 })
    expect(score.macroF1).toBe(1)
  })
})

describe('the logistic-regression baseline', () => {
  it('learns a linear rule, whatever the scale of the features', () => {
    const rows = Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1000 : 0.01) * Math.sin(i * 1.7))
    const labels = Array.from({ length: 200 }, (_, i) => (rows[2 * i] > 0 ? 1 : 0))
    const predicted = logisticRegression(rows, labels, { classes: 2 }).predict(rows)
    expect(predicted.filter((p, i) => p === labels[i]).length).toBeGreaterThan(190)
  })
})

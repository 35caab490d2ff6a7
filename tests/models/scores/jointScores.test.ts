import { describe, expect, test } from 'vitest'
import { calibration } from '../../../models/metrics/calibration.ts'
import { scoreOfCalls } from '../../../models/metrics/classification.ts'
import { difference, differenceIntervals, scoreIntervals } from '../../../models/metrics/countIntervals.ts'
import { detectedCounts, givenCounts, type NucleusCounts } from '../../../models/metrics/counts.ts'
import { jointScore } from '../../../models/metrics/joint.ts'
import { numbersOf } from '../../../models/metrics/numbers.ts'
import { publishedFor, publishedTables } from '../../../models/metrics/published.ts'

const names = ['a', 'b']
/**
 * Six true nuclei on a line, 100 px apart, and seven detections, radius 12:
 *   true  a at 0    found a at 5      pair, right
 *   true  a at 100  found b at 112    pair (12 px still counts), a called b
 *   true  a at 200  found a at 213    13 px: the nucleus is missed, the detection spurious
 *   true  b at 300  found b at 300    pair, right; found b at 303: one-to-one, so spurious
 *   true  b at 400  found none at 401 pair, called none of the classes
 *   true  – at 500  found a at 500    a nucleus without class: detected, but says nothing of classes
 */
const truth = { centroids: [0, 0, 100, 0, 200, 0, 300, 0, 400, 0, 500, 0], classIndex: [0, 0, 0, 1, 1, -1] }
const found = {
  centroids: [5, 0, 112, 0, 213, 0, 300, 0, 303, 0, 401, 0, 500, 0],
  classIndex: [0, 1, 0, 1, 1, -1, 0],
}
const counts = detectedCounts(truth, found, 12, 2)

describe('metric B', () => {
  test('equals the hand computation: classes of the matched nuclei only', () => {
    // Matched with a true class: a→a, a→b, b→b, b→none.
    const score = scoreOfCalls(counts, names)
    expect(score.nuclei).toBe(4)
    expect(score.accuracy).toBe(2 / 4)
    expect(score.confusion).toEqual([
      [1, 1],
      [0, 1],
    ])
    expect(score.calledNone).toEqual([0, 1])
    // a: TP 1, FP 0, FN 1. b: TP 1, FP 1 (a called b), FN 1 (called none).
    expect(score.classes[0]).toMatchObject({ f1: 2 / 3, jaccard: 1 / 2, support: 2 })
    expect(score.classes[1]).toMatchObject({ f1: 2 / 4, jaccard: 1 / 3, support: 2 })
    expect(score.weightedF1).toBeCloseTo((2 * (2 / 3) + 2 * (2 / 4)) / 4)
  })
  test('keeps the relation of Table 1, Acc = F1/(2 − F1), in each class', () => {
    for (const { f1, jaccard } of scoreOfCalls(counts, names).classes) expect(jaccard).toBeCloseTo(f1! / (2 - f1!))
  })
})

describe('metric C', () => {
  test('equals the hand computation: missed and spurious nuclei count as errors', () => {
    const { detection, classes, macroF1, accuracyOfMatched } = jointScore(counts, names)
    // Pairs: 5, 112, 300, 401, 500 = 5 of 6 true, 7 found.
    expect(detection).toEqual({ precision: 5 / 7, recall: 5 / 6, f1: 10 / 13 })
    // a: 2·1 / (2·1 + 2·0 + 2·1 + FPd 1 + FNd 1)
    expect(classes[0]).toEqual({ name: 'a', f1: 2 / 6, support: 3, tp: 1, fp: 0, fn: 1, spurious: 1, missed: 1 })
    // b: 2·1 / (2·1 + 2·1 + 2·1 + FPd 1 + FNd 0)
    expect(classes[1]).toEqual({ name: 'b', f1: 2 / 7, support: 2, tp: 1, fp: 1, fn: 1, spurious: 1, missed: 0 })
    expect(macroF1).toBeCloseTo((2 / 6 + 2 / 7) / 2)
    expect(accuracyOfMatched).toBe(2 / 4)
  })
  test('is never above metric B of the same matches', () => {
    const [b, c] = [scoreOfCalls(counts, names), jointScore(counts, names)]
    c.classes.forEach(({ f1 }, i) => expect(f1).toBeLessThanOrEqual(b.classes[i].f1!))
  })
  test('with no detection at all is 0, not undefined', () => {
    const { detection, classes } = jointScore(detectedCounts(truth, { centroids: [], classIndex: [] }, 12, 2), names)
    expect([detection.recall, classes[0].f1, classes[0].missed]).toEqual([0, 0, 3])
  })
})

describe('bootstrap intervals by image', () => {
  const right = givenCounts([0, 0, 1], [0, 0, 1], 2)
  const wrong = givenCounts([0, 0, 1], [1, 1, 0], 2)
  const accuracy = (total: NucleusCounts) => numbersOf('A', total, names)
  test('contain the value, are the same for the same seed, and do not exist for a single image', () => {
    const images = [right, wrong, right, right, wrong, right]
    const { accuracy: interval } = scoreIntervals(images, accuracy, 4)
    expect(interval!.low).toBeLessThan(4 / 6)
    expect(interval!.high).toBeGreaterThan(4 / 6)
    // Share of right images among 6 draws with p = 4/6: the 2.5 % point of the binomial is 2 of 6, the 97.5 % point 6.
    expect([interval!.low, interval!.high]).toEqual([2 / 6, 1])
    expect(scoreIntervals(images, accuracy, 4)).toEqual(scoreIntervals(images, accuracy, 4))
    expect(scoreIntervals([right], accuracy).accuracy).toBeNull()
  })
  test('of a difference are paired by image: a system differs from itself by exactly 0', () => {
    const images = [right, wrong, right]
    expect(differenceIntervals(images, images, accuracy).accuracy).toMatchObject({ low: 0, high: 0 })
    expect(difference(accuracy(right), accuracy(wrong)).accuracy).toBe(1)
  })
  test('do not exist for a class that many resamples lack', () => {
    const images = [right, ...Array.from({ length: 9 }, () => givenCounts([1], [1], 2))]
    expect(scoreIntervals(images, accuracy)['f1:a']).toBeNull()
  })
})

test('expected calibration error equals the hand computation', () => {
  // 2 bins: .4 (right) | .6 (wrong), .9 (right), 1 (right): |1 − .4|·1 + |2 − 2.5| over 4
  const c = calibration([1, 0, 1, 1], [0.4, 0.6, 0.9, 1], 2)
  expect(c.expectedCalibrationError).toBeCloseTo((0.6 + 0.5) / 4)
  expect(c.overConfidence).toBeCloseTo((2.9 - 3) / 4)
  expect(c.bins).toHaveLength(2)
})

test('the published table is consistent: Acc = F1/(2 − F1) to three digits', () => {
  for (const { rows, classes } of publishedTables)
    for (const { f1, jaccard, metric } of rows) {
      expect([f1.length, jaccard.length, metric]).toEqual([classes.length, classes.length, 'B'])
      f1.forEach((f, c) => expect(Math.abs(jaccard[c] - f / (2 - f))).toBeLessThan(0.0015))
    }
  expect(publishedFor(['spindle-shaped', 'miscellaneous', 'inflammatory', 'epithelial'])?.data).toBe('CoNSeP, test')
  expect(publishedFor(['a'])).toBeUndefined()
})

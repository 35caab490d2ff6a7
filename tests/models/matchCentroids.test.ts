import { expect, test } from 'vitest'
import { matchCentroids } from '../../models/metrics/matchCentroids.ts'

test('each point is matched once, nearest pair first', () => {
  // True at 0 and 10; found at 1, 2 and 30: 0–1 is a pair, 2 is left over although near, 30 is far.
  const m = matchCentroids([0, 0, 10, 0], [2, 0, 1, 0, 30, 0], 3)
  expect(m.pairs).toEqual([[0, 1]])
  expect(m.precision).toBeCloseTo(1 / 3)
  expect(m.recall).toBeCloseTo(1 / 2)
  expect(m.f1).toBeCloseTo(2 / 5)
})

test('points up to exactly the radius apart match, also across grid cells and at negative coordinates', () => {
  expect(matchCentroids([-1, -1], [2, -1], 3).pairs).toEqual([[0, 0]])
  expect(matchCentroids([-1, -1], [2.001, -1], 3).pairs).toEqual([])
})

test('greedy matching never finds more pairs than the best assignment', () => {
  // Best: 0–(−2) and 3–1. Greedy takes 0–1 first (distance 1), then 3 and −2 are 5 apart.
  expect(matchCentroids([0, 0, 3, 0], [1, 0, -2, 0], 2.5).pairs).toEqual([[0, 0]])
})

test('the score is 1 where there is nothing to find and nothing was found, and 0 where only one of them is empty', () => {
  expect(matchCentroids([], [], 3).f1).toBe(1)
  expect(matchCentroids([1, 1], [], 3).f1).toBe(0)
  expect(matchCentroids([], [1, 1], 3)).toMatchObject({ f1: 0, precision: 0, recall: 1 })
})

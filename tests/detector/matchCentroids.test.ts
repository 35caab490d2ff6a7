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

test('the radius itself still counts, beyond it nothing does, across cells and below zero', () => {
  expect(matchCentroids([-1, -1], [2, -1], 3).pairs).toEqual([[0, 0]])
  expect(matchCentroids([-1, -1], [2.001, -1], 3).pairs).toEqual([])
})

test('greedy may find fewer pairs than the best assignment, never more', () => {
  // Best: 0–(−2) and 3–1. Greedy takes 0–1 first (distance 1), then 3 and −2 are 5 apart.
  expect(matchCentroids([0, 0, 3, 0], [1, 0, -2, 0], 2.5).pairs).toEqual([[0, 0]])
})

test('nothing to find and nothing found is perfect, one without the other is 0', () => {
  expect(matchCentroids([], [], 3).f1).toBe(1)
  expect(matchCentroids([1, 1], [], 3).f1).toBe(0)
  expect(matchCentroids([], [1, 1], 3)).toMatchObject({ f1: 0, precision: 0, recall: 1 })
})

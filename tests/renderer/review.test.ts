import { describe, expect, it } from 'vitest'
import type { ReviewItem } from '../../electron/contract/index.ts'
import { rowsIn, rowsWhollyIn } from '../../renderer/features/review/blocks.ts'
import { nearestThere, veilsOf } from '../../renderer/features/review/items.ts'

const item = (id: number, more: Partial<ReviewItem> = {}): ReviewItem => ({
  id,
  box: [0, 0, 1, 1],
  classId: 2,
  predictedClassId: 2,
  p: 0.5,
  labelled: false,
  secondLook: false,
  ...more,
})

describe('a list that is looked through', () => {
  it('passes over what is gone, either way, but not over what is not here yet', () => {
    const items = [null, item(1), null, null, item(4), undefined, null]
    const at = (index: number) => items[index]
    expect(nearestThere(at, 1, 1, 7)).toBe(1)
    expect(nearestThere(at, 2, 1, 7)).toBe(4)
    expect(nearestThere(at, 3, -1, 7)).toBe(1)
    expect(nearestThere(at, 5, 1, 7)).toBe(5)
    expect(nearestThere(at, 6, 1, 7)).toBeNull()
    expect(nearestThere(at, 0, -1, 7)).toBeNull()
  })

  it('veils what is served for a second look, as the model says it', () => {
    const again = item(3, { predictedClassId: 5, p: 0.25, secondLook: true })
    expect([...veilsOf([item(1), undefined, null, again, item(4, { labelled: true })])]).toEqual([
      [3, { classId: 5, p: 0.25 }],
    ])
    expect(veilsOf([])).toBe(veilsOf([item(1)]))
  })
})

describe('the gallery', () => {
  const grid = { cell: 76, size: 72 }

  it('agrees to rows that are wholly in sight, and to none of which an edge is cut off', () => {
    expect(rowsIn(1, 300, 76, 20, 0)).toEqual({ from: 0, to: 4 })
    expect(rowsWhollyIn(0, 300, grid, 20)).toEqual({ from: 0, to: 4 })
    expect(rowsWhollyIn(0, 299, grid, 20)).toEqual({ from: 0, to: 3 })
    expect(rowsWhollyIn(1, 300, grid, 20)).toEqual({ from: 1, to: 4 })
    expect(rowsWhollyIn(75, 300, grid, 20)).toEqual({ from: 1, to: 4 })
    expect(rowsWhollyIn(-4, 308, grid, 2)).toEqual({ from: 0, to: 2 })
  })

  it('that is lower than a row agrees to the one row it is scrolled to', () => {
    expect(rowsWhollyIn(0, 40, grid, 20)).toEqual({ from: 0, to: 1 })
    expect(rowsWhollyIn(16, 40, grid, 20)).toEqual({ from: 0, to: 1 })
    expect(rowsWhollyIn(60, 40, grid, 20)).toEqual({ from: 1, to: 2 })
    expect(rowsWhollyIn(0, 40, grid, 0)).toEqual({ from: 0, to: 0 })
    expect(rowsWhollyIn(0, 0, grid, 20)).toEqual({ from: 0, to: 0 })
  })
})

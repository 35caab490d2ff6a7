import { describe, expect, it } from 'vitest'
import type { ReviewItem, SlideSummary } from '../../electron/contract/index.ts'
import { blockSize, rowsIn, rowsWhollyIn } from '../../renderer/features/review/blocks.ts'
import { nearestThere, veilsOf } from '../../renderer/features/review/items.ts'
import { placeOf, rowStyle, stripLength, stripOf } from '../../renderer/features/review/pictures.ts'

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

describe('a review list', () => {
  it('removed nuclei are skipped in both directions, but not nuclei that are still loading', () => {
    const items = [null, item(1), null, null, item(4), undefined, null]
    const at = (index: number) => items[index]
    expect(nearestThere(at, 1, 1, 7)).toBe(1)
    expect(nearestThere(at, 2, 1, 7)).toBe(4)
    expect(nearestThere(at, 3, -1, 7)).toBe(1)
    expect(nearestThere(at, 5, 1, 7)).toBe(5)
    expect(nearestThere(at, 6, 1, 7)).toBeNull()
    expect(nearestThere(at, 0, -1, 7)).toBeNull()
  })

  it('a nucleus for a second look is shown with its predicted class', () => {
    const again = item(3, { predictedClassId: 5, p: 0.25, secondLook: true })
    expect([...veilsOf([item(1), undefined, null, again, item(4, { labelled: true })])]).toEqual([
      [3, { classId: 5, p: 0.25 }],
    ])
    expect(veilsOf([])).toBe(veilsOf([item(1)]))
  })
})

describe('the gallery', () => {
  const grid = { cell: 76, size: 72 }

  it('agreeing applies only to rows that are completely visible', () => {
    expect(rowsIn(1, 300, 76, 20, 0)).toEqual({ from: 0, to: 4 })
    expect(rowsWhollyIn(0, 300, grid, 20)).toEqual({ from: 0, to: 4 })
    expect(rowsWhollyIn(0, 299, grid, 20)).toEqual({ from: 0, to: 3 })
    expect(rowsWhollyIn(1, 300, grid, 20)).toEqual({ from: 1, to: 4 })
    expect(rowsWhollyIn(75, 300, grid, 20)).toEqual({ from: 1, to: 4 })
    expect(rowsWhollyIn(-4, 308, grid, 2)).toEqual({ from: 0, to: 2 })
  })

  it('if the gallery is lower than one row, agreeing applies to the row that it is scrolled to', () => {
    expect(rowsWhollyIn(0, 40, grid, 20)).toEqual({ from: 0, to: 1 })
    expect(rowsWhollyIn(16, 40, grid, 20)).toEqual({ from: 0, to: 1 })
    expect(rowsWhollyIn(60, 40, grid, 20)).toEqual({ from: 1, to: 2 })
    expect(rowsWhollyIn(0, 40, grid, 0)).toEqual({ from: 0, to: 0 })
    expect(rowsWhollyIn(0, 0, grid, 20)).toEqual({ from: 0, to: 0 })
  })
})

describe('pictures of a list', () => {
  const slide = { id: 7, info: { mpp: { x: 0.25, y: 0.25, source: 'test' } } } as unknown as SlideSummary
  const at = (id: number, x: number, y: number) => item(id, { box: [x, y, x + 20, y + 10] })

  it('the pictures are fetched as one image and cut by position, without removed nuclei', () => {
    const [a, b] = [at(1, 100, 200), at(2, 300, 40)]
    const strip = stripOf(slide, [a, null, b], 72)
    expect(strip?.src).toMatch(/\/slides\/7\/pictures\/112\/72\/54_149,254_-11$/)
    expect(strip?.at.get(placeOf(slide, a.box))).toBe(0)
    expect(strip?.at.get(placeOf(slide, b.box))).toBe(1)
    expect(strip?.at.get(placeOf(slide, [0, 0, 9, 9]))).toBeUndefined()
    expect(strip?.at.get(placeOf({ ...slide, id: 8 }, a.box)), 'on another slide').toBeUndefined()
  })

  it('the pictures are fetched once all items of their strip have arrived', () => {
    expect(stripOf(slide, [at(1, 0, 0), undefined], 72)).toBeNull()
    expect(stripOf(slide, [null, null], 72)).toBeNull()
    expect(blockSize % stripLength).toBe(0)
  })

  it('each picture shows its own rows, whatever the screen’s pixel ratio is', () => {
    expect(rowStyle('a', 2, 72, 72)).toMatchObject({ backgroundSize: '72px auto', backgroundPosition: '0 -144px' })
    expect(rowStyle('a', 2, 70, 140)).toMatchObject({ backgroundSize: '70px auto', backgroundPosition: '0 -144px' })
  })
})

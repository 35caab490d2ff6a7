import { expect, it } from 'vitest'
import { canClose, closesRegion, freeName } from '../../renderer/features/regions/draft.ts'
import { areaCounting, areaOf, clipped, isWhollySearched } from '../../renderer/features/regions/area.ts'

it('the area of a polygon does not depend on its first point or its direction', () => {
  const l = [0, 0, 4, 0, 4, 2, 2, 2, 2, 6, 0, 6]
  expect(areaOf(l)).toBe(16)
  expect(areaOf([...l.slice(4), ...l.slice(0, 4)])).toBe(16)
  expect(areaOf(l.flatMap((_, k) => (k % 2 === 0 ? [l[l.length - 2 - k], l[l.length - 1 - k]] : [])))).toBe(16)
})

it('only the part of a turned view that is on the slide counts', () => {
  const diamond = [0, -10, 10, 0, 0, 10, -10, 0]
  expect(areaOf(clipped(diamond, 100, 100))).toBeCloseTo(50)
  expect(areaOf(clipped([-5, -5, 200, -5, 200, 300, -5, 300], 100, 80))).toBeCloseTo(8_000)
  expect(clipped([-5, -5, -1, -5, -1, -1], 100, 100)).toEqual([])
})

it('densities leave out areas excluded from the tissue, and include added ones', () => {
  const place = [100, 100, 900, 100, 900, 500, 100, 500]
  const right = [500, 0, 2000, 0, 2000, 2000, 500, 2000]
  const corner = [700, 300, 2000, 300, 2000, 2000, 700, 2000]
  const areas = (...kinds: ('added' | 'excluded')[]) =>
    kinds.map((kind, k) => ({ kind, outline: [right, corner][k] }) as const)
  expect(areaCounting(place, [])).toBe(320_000)
  expect(areaCounting(place, areas('added'))).toBe(320_000)
  expect(areaCounting(place, areas('excluded')) / 160_000).toBeCloseTo(1, 2)
  expect(areaCounting(place, areas('excluded', 'added')) / 200_000).toBeCloseTo(1, 2)
  expect(areaCounting(place, areas('added', 'excluded')) / 280_000).toBeCloseTo(1, 2)
})

it('an area has a density only if all of it was searched', () => {
  const searched = [
    { x: 0, y: 0, width: 100, height: 50 },
    { x: 0, y: 50, width: 60, height: 50 },
  ]
  const l = [0, 0, 100, 0, 100, 50, 60, 50, 60, 100, 0, 100]
  expect(isWhollySearched(l, searched)).toBe(true)
  expect(isWhollySearched([10, 20, 50, 10, 59, 90], searched)).toBe(true)
  expect(isWhollySearched([...l.slice(0, 6), 61, 50, 61, 100, 0, 100], searched)).toBe(false)
  expect(isWhollySearched([200, 0, 300, 0, 300, 50], searched)).toBe(false)
  expect(isWhollySearched(l, [])).toBe(false)
  expect(isWhollySearched([200, 0, 300, 0, 300, 50], null)).toBe(true)
})

it('a click near the first corner closes a region of at least three corners', () => {
  const corners = [100, 100, 400, 100, 400, 300]
  expect(closesRegion(corners, { x: 104, y: 103 }, 6)).toBe(true)
  expect(closesRegion(corners, { x: 104, y: 105 }, 6)).toBe(false)
  const two = corners.slice(0, 4)
  expect([canClose(two), closesRegion(two, { x: 100, y: 100 }, 6)]).toEqual([false, false])
})

it('a new region never gets the name of another region, even a removed one', () => {
  const nameOf = (n: number) => `Region ${n}`
  expect(freeName(nameOf, 0, new Set())).toBe('Region 1')
  expect(freeName(nameOf, 1, new Set(['Region 2', 'Region 3']))).toBe('Region 4')
})

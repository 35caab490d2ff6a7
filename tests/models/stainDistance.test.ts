import { expect, it } from 'vitest'
import { stainDistance, type StainSummary } from '../../models/tissue/stainDistance.ts'

/** Tiles of two laboratories: pale and dark ones. */
const tiles = Array.from({ length: 24 }, (_, k): [number, number, number] => {
  const strength = (k % 2 ? 0.25 : 0.6) * (1 + 0.02 * (k % 7))
  return [strength, strength * (0.5 + 0.01 * (k % 5)), 0.05 + 0.002 * (k % 3)]
})
const known: StainSummary = { tiles }
const of = (haematoxylin: number, eosin: number, residual: number) =>
  stainDistance({ haematoxylin, eosin, residual }, known)

it('a stain like that of a training tile is near, whichever laboratory it is from', () => {
  for (const [h, e, r] of tiles) expect(of(h, e, r)).toBe(0)
  expect(of(0.255, 0.13, 0.052)).toBeLessThan(1)
  expect(of(0.61, 0.31, 0.052)).toBeLessThan(1)
})
it('a stain between the two, or with colours of neither stain, is further away than any training tile is from the next', () => {
  expect(of(0.4, 0.2, 0.052)).toBeGreaterThan(1)
  expect(of(0.25, 0.13, 0.3)).toBeGreaterThan(1)
  expect(of(0.02, 0.01, 0.05)).toBeGreaterThan(1)
})
it('with few tiles nothing is known', () =>
  expect(stainDistance({ haematoxylin: 1, eosin: 1, residual: 1 }, { tiles: tiles.slice(0, 9) })).toBeNaN())

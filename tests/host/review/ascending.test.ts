import { describe, expect, it } from 'vitest'
import { ascending, those } from '../../../electron/host/review/ascending.ts'

describe('sorting by counting', () => {
  const positions = Uint32Array.from({ length: 3_000 }, (_, k) => 5 * k)

  for (const [name, largest] of [
    ['16 bits', 65_535],
    ['more than 16 bits', 4_000_000_000],
    ['few values', 3],
  ] as const)
    it(`keys of ${name} are sorted stably, as by a comparison sort`, () => {
      const key = (i: number) => Math.imul(i + 1, 2_654_435_761) >>> 0
      const value = (i: number) => key(i) % (largest + 1)
      const compared = [...positions].sort((a, b) => value(a) - value(b) || a - b)
      expect([...ascending(positions, value)]).toEqual(compared)
    })

  it('the input stays unchanged, and an empty list is accepted', () => {
    const given = Uint32Array.of(3, 1, 2)
    expect([...ascending(given, (i) => i)]).toEqual([1, 2, 3])
    expect([...given]).toEqual([3, 1, 2])
    expect(ascending(new Uint32Array(0), (i) => i).length).toBe(0)
  })

  it('filtering keeps the order', () => {
    expect([...those(Uint32Array.of(9, 4, 6, 1), (i) => i > 3)]).toEqual([9, 4, 6])
  })
})

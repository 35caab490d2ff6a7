import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Rect } from '../../electron/contract/index.ts'
import { alsoSearched, isSearched, wholePixels } from '../../models/geometry/rects.ts'

const slide = { width: 12, height: 9 }
const rect = fc
  .record({
    x: fc.integer({ min: 0, max: 11 }),
    y: fc.integer({ min: 0, max: 8 }),
    width: fc.nat(12),
    height: fc.nat(9),
  })
  .map((r) => wholePixels(r, slide))
const pixels = (rects: readonly Rect[]) =>
  Array.from({ length: slide.width * slide.height }, (_, k) => {
    const [x, y] = [k % slide.width, Math.floor(k / slide.width)]
    return rects.filter((r) => x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height).length
  })

test('the searched area is the union of its rectangles without overlap, and null when it is the whole slide', () => {
  fc.assert(
    fc.property(fc.array(rect, { maxLength: 5 }), fc.array(rect, { maxLength: 5 }), rect, (first, second, asked) => {
      const searched = alsoSearched(alsoSearched([], first, slide), second, slide)
      const wanted = pixels([...first, ...second]).map((n) => Math.min(n, 1))
      if (searched === null) expect(wanted).not.toContain(0)
      else {
        expect(pixels(searched)).toEqual(wanted)
        expect(wanted).toContain(0)
      }
      expect(isSearched(searched, asked)).toBe(pixels([asked]).every((n, k) => n <= wanted[k]))
    }),
  )
})

test('adjacent rectangles become one, in whatever order they arrive', () => {
  const cores = Array.from({ length: 40 }, (_, k) => ({
    x: (k % 10) * 5,
    y: Math.floor(k / 10) * 5,
    width: 5,
    height: 5,
  }))
  const shuffled = cores.map((core, k) => ({ core, at: (k * 17) % 40 })).sort((a, b) => a.at - b.at)
  const searched = shuffled.reduce(
    (so, { core }) => alsoSearched(so, [core], { width: 99, height: 99 }) ?? [],
    [] as Rect[],
  )
  expect(searched).toEqual([{ x: 0, y: 0, width: 50, height: 20 }])
})

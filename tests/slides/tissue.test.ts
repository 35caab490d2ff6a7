import { describe, expect, it } from 'vitest'
import { applyArea, ringsOf, type TissuePicture } from '../../electron/slides/index.ts'
import { removeSpecks } from '../../electron/slides/tissue/specks.ts'

const picture = (rows: readonly string[], scale: [number, number] = [1, 1]): TissuePicture => ({
  width: rows[0].length,
  height: rows.length,
  scale,
  mask: Uint8Array.from(rows.join(''), (c) => (c === '#' ? 1 : 0)),
})
const drawn = ({ width, mask }: Pick<TissuePicture, 'width' | 'mask'>) =>
  Array.from({ length: mask.length / width }, (_, y) =>
    Array.from(mask.subarray(y * width, (y + 1) * width), (v) => (v ? '#' : '.')).join(''),
  )
/** Signed area by the shoelace formula; positive clockwise on a screen. */
const area = (ring: ArrayLike<number>) => {
  let twice = 0
  for (let v = 0, u = ring.length - 2; v < ring.length; u = v, v += 2)
    twice += ring[u] * ring[v + 1] - ring[v] * ring[u + 1]
  return twice / 2
}

describe('tissue', () => {
  it('ignores specks and holes of their size, and keeps larger ones', () => {
    const before = picture(['#.......', '...####.', '...#.##.', '...####.', '........', '.##.....'])
    const mask = removeSpecks(before.mask, before.width, before.height, 2)
    expect(drawn({ width: before.width, mask })).toEqual([
      '........',
      '...####.',
      '...####.',
      '...####.',
      '........',
      '.##.....',
    ])
  })

  it('can be extended and reduced by polygons', () => {
    const before = picture(['....', '....', '####', '####'], [10, 10])
    const added = applyArea(before, { kind: 'added', outline: [0, 0, 20, 0, 20, 20, 0, 20] })
    expect(drawn(added)).toEqual(['##..', '##..', '####', '####'])
    const band = { kind: 'excluded', outline: [-50, 10, 50, 10, 50, 30, -50, 30] } as const
    expect(drawn(applyArea(added, band))).toEqual(['##..', '....', '....', '####'])
    expect(drawn(before), 'what was given stays').toEqual(['....', '....', '####', '####'])
  })

  it('has a border for each piece and each hole, which together enclose its area', () => {
    const rows = Array.from({ length: 60 }, (_, y) =>
      Array.from({ length: 80 }, (_, x) => {
        const [first, hole, second] = [
          Math.hypot(x - 25, y - 30),
          Math.hypot(x - 25, y - 30),
          Math.hypot(x - 62, y - 20),
        ]
        return (first < 20 && hole > 8) || second < 12 ? '#' : '.'
      }).join(''),
    )
    const round = picture(rows, [4, 2])
    const rings = ringsOf(round)
    expect(rings.map((ring) => Math.sign(area(ring))).sort()).toEqual([-1, 1, 1])
    const pixels = round.mask.reduce((sum, v) => sum + v, 0) * 8
    expect(rings.reduce((sum, ring) => sum + area(ring), 0) / pixels).toBeCloseTo(1, 1)
    expect(rings.reduce((sum, ring) => sum + ring.length / 2, 0)).toBeLessThan(120)
  })

  it('has closed borders also at the edges of the slide and where it touches by a corner', () => {
    expect(ringsOf(picture(['##', '##'])).map((ring) => area(ring) > 0)).toEqual([true])
    expect(ringsOf(picture(['#.', '.#'])).length).toBe(2)
    expect(ringsOf(picture(['..', '..']))).toEqual([])
  })
})

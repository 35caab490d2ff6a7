import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planCrops } from '../../models/tiling/cropPlan.ts'

const box = (x: number, y: number, half = 5) => [x - half, y - half, x + half, y + half]

describe('planning crops', () => {
  it('lays four crops at 0 and 348 over a CoNSeP tile of 796 px, as the paper does', () => {
    const boxes = [box(100, 100), box(700, 100), box(100, 700), box(700, 700)].flat()
    const crops = planCrops({ width: 796, height: 796, boxes, size: 448 })
    expect(crops.map(({ x, y }) => [x, y])).toEqual([
      [0, 0],
      [348, 0],
      [0, 348],
      [348, 348],
    ])
  })

  it('reads each nucleus exactly once, from a crop that it lies in', () => {
    const place = fc.tuple(
      fc.integer({ min: 0, max: 2999 }),
      fc.integer({ min: 0, max: 1499 }),
      fc.integer({ min: 0, max: 40 }),
    )
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 60 }), (places) => {
        const boxes = places.flatMap(([x, y, half]) => box(x, y, half))
        const crops = planCrops({ width: 3000, height: 1500, boxes, size: 560 })
        const owners = new Array<number>(places.length).fill(0)
        for (const crop of crops) {
          expect(crop.owned.length).toBeGreaterThan(0)
          for (const k of crop.owned) {
            const [x, y] = places[crop.members[k]]
            owners[crop.members[k]]++
            expect(x >= crop.x && x <= crop.x + crop.size && y >= crop.y && y <= crop.y + crop.size).toBe(true)
          }
        }
        expect(owners.every((n) => n === 1)).toBe(true)
      }),
    )
  })

  it('gives a nucleus away from the slide’s border a twentieth of a crop of context on each side', () => {
    const boxes = Array.from({ length: 200 }, (_, i) => box(300 + ((i * 97) % 2400), 300 + ((i * 53) % 900))).flat()
    for (const crop of planCrops({ width: 3000, height: 1500, boxes, size: 560 }))
      for (const k of crop.owned) {
        const i = crop.members[k]
        const [x, y] = [
          (boxes[4 * i] + boxes[4 * i + 2]) / 2 - crop.x,
          (boxes[4 * i + 1] + boxes[4 * i + 3]) / 2 - crop.y,
        ]
        expect(Math.min(x, y, 560 - x, 560 - y)).toBeGreaterThan(0.05 * 560)
      }
  })

  it('reads a nucleus without area in the corner of the slide', () => {
    const crops = planCrops({ width: 3000, height: 1500, boxes: [0, 0, 0, 0, 3000, 1500, 3000, 1500], size: 560 })
    expect(crops.flatMap((crop) => [...crop.owned].map((k) => crop.members[k])).sort()).toEqual([0, 1])
  })

  it('makes every nucleus that touches a crop one of its tokens', () => {
    const boxes = [box(448, 100, 20), box(20, 20)].flat()
    const [first] = planCrops({ width: 796, height: 448, boxes, size: 448 })
    expect([...first.members]).toEqual([0, 1])
  })

  it('begins with the part in view', () => {
    const boxes = [box(50, 50), box(2900, 1400)].flat()
    const crops = planCrops({
      width: 3000,
      height: 1500,
      boxes,
      size: 448,
      first: { x: 2700, y: 1200, width: 300, height: 300 },
    })
    expect(crops[0].x).toBeGreaterThan(2000)
  })

  it('uses one crop for a slide that is smaller than a crop', () => {
    const crops = planCrops({ width: 200, height: 100, boxes: box(100, 50), size: 448 })
    expect(crops).toHaveLength(1)
    expect([crops[0].x, crops[0].y]).toEqual([-124, -174])
  })
})

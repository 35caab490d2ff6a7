import { describe, expect, it } from 'vitest'
import { moved, nearestPlace, wholeMap, zoomed } from '../../renderer/features/embedding/mapView.ts'

const size = { width: 400, height: 200 }
const places = Float32Array.of(0, 0, 10, 10, -10, 5)
const all = () => true
const stage = (view: { scale: number; left: number; top: number }, i: number) => [
  view.scale * places[2 * i] + view.left,
  view.scale * places[2 * i + 1] + view.top,
]

describe('the map of nuclei', () => {
  it('every nucleus is in view at first', () => {
    const view = wholeMap(places, size)
    for (const i of [0, 1, 2]) {
      const [x, y] = stage(view, i)
      expect(x > 0 && x < size.width && y > 0 && y < size.height).toBe(true)
    }
  })
  it('the view is finite and centred for one nucleus and for none', () => {
    const one = wholeMap(Float32Array.of(3, 4), size)
    expect(one.scale * 3 + one.left).toBeCloseTo(200)
    expect(one.scale * 4 + one.top).toBeCloseTo(100)
    expect(Object.values(wholeMap(new Float32Array(0), size)).every(Number.isFinite)).toBe(true)
  })
  it('zooming keeps the point under the pointer, and stops at its limits', () => {
    const whole = wholeMap(places, size)
    const [x, y] = stage(whole, 1)
    const near = zoomed(whole, whole, 3, x, y)
    expect(stage(near, 1)[0]).toBeCloseTo(x)
    expect(stage(near, 1)[1]).toBeCloseTo(y)
    expect(stage(near, 0)[0]).not.toBeCloseTo(stage(whole, 0)[0])
    expect(zoomed(whole, whole, 1e9, x, y).scale).toBeCloseTo(60 * whole.scale)
    expect(zoomed(whole, whole, 1e-9, x, y).scale).toBeCloseTo(whole.scale / 2)
  })
  it('a click finds a nucleus only near a shown one', () => {
    const view = moved(wholeMap(places, size), 7, -3)
    const [x, y] = stage(view, 2)
    expect(nearestPlace(places, view, x + 3, y - 2, 8, all)).toBe(2)
    expect(nearestPlace(places, view, x + 3, y - 2, 8, (i) => i !== 2)).toBe(-1)
    expect(nearestPlace(places, view, x + 30, y, 8, all)).toBe(-1)
  })
})

import { describe, expect, it } from 'vitest'
import { drawNuclei } from '../../renderer/features/embedding/drawMap.ts'
import {
  moved,
  nearestPlace,
  placesInPath,
  placesNear,
  wholeMap,
  zoomed,
} from '../../renderer/features/embedding/mapView.ts'

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
  it('a lasso and the ring in the middle select the shown nuclei inside, wherever the view is', () => {
    const view = moved(wholeMap(places, size), 5, 9)
    const [x, y] = stage(view, 1)
    const around = [x - 5, y - 5, x + 5, y - 5, x + 5, y + 5, x - 5, y + 5]
    expect(placesInPath(places, view, around, all)).toEqual([1])
    expect(placesInPath(places, view, around, (i) => i !== 1)).toEqual([])
    expect(placesInPath(places, view, [0, 0, 400, 0, 400, 400, 0, 400], all)).toEqual([0, 1, 2])
    expect(placesInPath(places, view, around.slice(0, 4), all), 'a line has no inside').toEqual([])
    expect(placesNear(places, view, x + 4, y, 5, all)).toEqual([1])
    expect(placesNear(places, view, x + 4, y, 3, all)).toEqual([])
  })
  it('nuclei are drawn in their colours, rare ones above common ones, selected ones with a border, hidden ones not', () => {
    const view = { scale: 1, left: 10, top: 10 }
    const at = Float32Array.of(0, 0, 0, 0, 20, 0, 40, 0)
    const shown = { count: 4, classId: new Uint16Array(4), confidence: new Uint8Array(4), uncertain: new Uint8Array(4) }
    const scene = {
      ...{ places: at, positions: Int32Array.of(0, 1, 2, 3), colours: ['#0000ff', '#ff0000'], ink: '#102030' },
      ...{ shown: { ...shown, labelled: new Uint8Array(4), outside: new Uint8Array(4) }, selected: [2] },
      rows: Uint8Array.of(1, 0, 0, 0),
      isVisible: (i: number) => i !== 3,
    }
    const pixels = new Uint32Array(64 * 20)
    drawNuclei(pixels, 64, 20, scene, view, 4)
    const colour = (x: number, y: number) => [...new Uint8Array(pixels.buffer, 4 * (y * 64 + x), 4)]
    expect(colour(10, 10), 'the rare red lies above the common blue').toEqual([255, 0, 0, 255])
    expect(colour(30, 10)).toEqual([0, 0, 255, 255])
    expect(colour(27, 10), 'the border of the selected one').toEqual([16, 32, 48, 255])
    expect(colour(50, 10), 'hidden').toEqual([0, 0, 0, 0])
  })
})

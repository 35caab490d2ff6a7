import { expect, it } from 'vitest'
import { turnedBoxes, turnedPixels } from '../../models/tiling/views.ts'

const side = 8
/** A white crop with one dark pixel at column 6 and row 2, and a box around it. */
function crop() {
  const rgb = new Uint8Array(3 * side * side).fill(255)
  rgb.set([10, 20, 30], 3 * (2 * side + 6))
  return { rgb, boxes: Float32Array.of(6, 2, 7, 3) }
}

it('boxes turn with the picture in all eight views, and all views differ', () => {
  const { rgb, boxes } = crop()
  const places = new Set<string>()
  for (let view = 0; view < 8; view++) {
    const turned = turnedPixels(rgb, side, view)
    const [x0, y0, x1, y1] = turnedBoxes(boxes, side, view)
    expect([x1 - x0, y1 - y0]).toEqual([1, 1])
    expect([...turned.subarray(3 * (y0 * side + x0), 3 * (y0 * side + x0) + 3)]).toEqual([10, 20, 30])
    places.add(`${x0},${y0}`)
  }
  expect(places.size).toBe(8)
})

it('the second view is the crop rotated by 180°', () => {
  const { boxes } = crop()
  expect([...turnedBoxes(boxes, side, 0)]).toEqual([6, 2, 7, 3])
  expect([...turnedBoxes(boxes, side, 1)]).toEqual([1, 5, 2, 6])
})

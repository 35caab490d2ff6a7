import { describe, expect, it } from 'vitest'
import { random } from '../../models/nn/random.ts'
import { cropView, nucleusViews } from '../../models/tokenizer/views.ts'

const side = 96
const rng = random(6)
const noise = Uint8Array.from({ length: side * side * 3 }, () => rng.below(256))

type Kernel = (t: number) => number
const sinc: Kernel = (t) => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t))
const lanczos: Kernel = (t) => (Math.abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0)
const triangle: Kernel = (t) => Math.max(0, 1 - Math.abs(t))

/** Sample i of `to` of low … high along a line of pixels, in double precision. */
function along(line: (i: number) => number, low: number, high: number, to: number, i: number, kernel: Kernel): number {
  const step = (high - low) / to
  const centre = low + (i + 0.5) * step
  let [sum, total] = [0, 0]
  for (let k = 0; k < side; k++) {
    const weight = kernel((k + 0.5 - centre) / Math.max(1, step))
    sum += weight * line(k)
    total += weight
  }
  return sum / total
}

/** Largest difference of a view to exact arithmetic, clamped to bytes as the view is. */
function worst(got: Uint8Array, [xmin, ymin, xmax, ymax]: readonly number[], to: number, kernel: Kernel): number {
  let most = 0
  for (let v = 0; v < to; v++)
    for (let u = 0; u < to; u++)
      for (let c = 0; c < 3; c++) {
        const row = (y: number) => along((x) => noise[(y * side + x) * 3 + c], xmin, xmax, to, u, kernel)
        const expected = Math.min(Math.max(along(row, ymin, ymax, to, v, kernel), 0), 255)
        most = Math.max(most, Math.abs(got[(v * to + u) * 3 + c] - expected))
      }
  return most
}

describe('a tokenizer’s view', () => {
  it.each([48, 35])('of a crop is within 1/255 of exact Lanczos resampling, 96 px to %i', (to) => {
    const view = cropView(noise, side, to)
    expect(view.length).toBe(to * to * 3)
    expect(worst(view, [0, 0, side, side], to, lanczos)).toBeLessThanOrEqual(1)
  })

  it('of nuclei is within 1/255 of exact bilinear resampling, enlarged, shrunk and at the border', () => {
    const boxes = Float32Array.of(10.5, 20.25, 21, 27, 0, 3, 90, 96, 80, 70, 96, 96)
    const to = 16
    const views = nucleusViews(noise, side, boxes, to)
    expect(views.length).toBe(3 * to * to * 3)
    for (let i = 0; i < 3; i++) {
      const view = views.subarray(i * to * to * 3, (i + 1) * to * to * 3)
      expect(worst(view, [...boxes.subarray(4 * i, 4 * i + 4)], to, triangle), `nucleus ${i}`).toBeLessThanOrEqual(1)
    }
  })

  it('of a plain area has its colour', () => {
    const plain = new Uint8Array(side * side * 3).fill(201)
    expect(new Set(cropView(plain, side, 40))).toEqual(new Set([201]))
    expect(new Set(nucleusViews(plain, side, Float32Array.of(3.2, 4.1, 40, 17)))).toEqual(new Set([201]))
  })

  it('of a nucleus narrower than a pixel in the far corner is the last pixel', () => {
    const view = nucleusViews(noise, side, Float32Array.of(95.7, 95.9, 95.8, 95.9), 4)
    expect(worst(view, [side - 1, side - 1, side, side], 4, triangle)).toBeLessThanOrEqual(1)
  })
})

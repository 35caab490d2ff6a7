import { expect, test } from 'vitest'
import { detectNuclei, withoutBay } from '../../models/detector/detectNuclei.ts'
import { convexHull, pixelsInConvex, polygonArea } from '../../models/detector/hull.ts'
import { centroidOf } from '../../models/detector/outline.ts'
import { measureStains, type SlideStains } from '../../models/detector/slideStains.ts'
import { ruifrokJohnston } from '../../models/detector/stains.ts'
import { holds, planRegions, workingScale } from '../../models/detector/grid.ts'
import { paint, type PaintedNucleus } from './paint.ts'

const stains: SlideStains = { vectors: ruifrokJohnston, strength: 0.5 }
/** Pixels with their centre inside a polygon (even–odd). */
function pixelsOf(o: Float64Array, width: number, height: number): number[] {
  const pixels: number[] = []
  for (let p = 0; p < width * height; p++) {
    const x = (p % width) + 0.5
    const y = Math.floor(p / width) + 0.5
    let inside = false
    for (let i = 0, j = o.length - 2; i < o.length; j = i, i += 2)
      if (o[i + 1] > y !== o[j + 1] > y && x < o[i] + ((o[j] - o[i]) * (y - o[i + 1])) / (o[j + 1] - o[i + 1]))
        inside = !inside
    if (inside) pixels.push(p)
  }
  return pixels
}
/** Deterministic spread of nuclei that do not touch. */
function scattered(width: number, height: number): PaintedNucleus[] {
  const nuclei: PaintedNucleus[] = []
  for (let j = 0; j * 11 + 12 < height; j++)
    for (let i = 0; i * 11 + 12 < width; i++) {
      const a = Math.sin(i * 12.9 + j * 78.2) * 1.5
      const b = Math.cos(i * 39.3 + j * 11.1) * 1.5
      nuclei.push({ x: i * 11 + 8 + a, y: j * 11 + 8 + b, rx: 3 + a / 4, ry: 2.6 + b / 4 })
    }
  return nuclei
}

test('synthetic nuclei are found at their place and size, at 20× and at 40×', () => {
  const truth = scattered(120, 100)
  for (const mpp of [0.5, 0.4]) {
    const { width, height, data } = paint(120, 100, mpp, truth)
    const found = detectNuclei(data, width, height, mpp, stains)
    expect(found.length).toBe(truth.length)
    for (const t of truth) {
      const nearest = found.reduce((a, b) =>
        Math.hypot(b.x * mpp - t.x, b.y * mpp - t.y) < Math.hypot(a.x * mpp - t.x, a.y * mpp - t.y) ? b : a,
      )
      const [x, y] = centroidOf(nearest.outline)
      expect(Math.hypot(x * mpp - t.x, y * mpp - t.y)).toBeLessThan(0.5)
      const area = polygonArea(nearest.outline) * mpp * mpp
      expect(area / (Math.PI * t.rx * t.ry)).toBeGreaterThan(0.7)
      expect(area / (Math.PI * t.rx * t.ry)).toBeLessThan(1.3)
    }
  }
})

test('two nuclei that touch are told apart', () => {
  const { width, height, data } = paint(50, 40, 0.5, [
    { x: 20.5, y: 20, rx: 3, ry: 3 },
    { x: 26.3, y: 20, rx: 3, ry: 3 },
  ])
  expect(detectNuclei(data, width, height, 0.5, stains)).toHaveLength(2)
})

test('no nucleus is seen in glass, plain stroma or green ink', () => {
  const side = 100
  const plain = (r: number, g: number, b: number) =>
    Uint8Array.from({ length: 3 * side * side }, (_, k) => [r, g, b][k % 3] + ((k * 7919) % 5))
  for (const rgb of [plain(245, 245, 245), plain(225, 150, 180)])
    expect(detectNuclei(rgb, side, side, 0.5, stains)).toHaveLength(0)
  const ink = plain(240, 240, 240)
  for (let y = 40; y < 54; y++) for (let x = 40; x < 54; x++) ink.set([30, 150, 120], 3 * (y * side + x))
  expect(detectNuclei(ink, side, side, 0.5, stains)).toHaveLength(0)
})

test('outlines are closed shapes of 12 to 30 points inside the picture, also at its edge', () => {
  const { width, height, data } = paint(60, 60, 0.5, [
    { x: 0, y: 30, rx: 4, ry: 4 },
    { x: 30, y: 60, rx: 4, ry: 3 },
    { x: 30, y: 30, rx: 4, ry: 3 },
  ])
  const found = detectNuclei(data, width, height, 0.5, stains)
  expect(found).toHaveLength(3)
  for (const { outline } of found) {
    expect(outline.length / 2).toBeGreaterThanOrEqual(12)
    expect(outline.length / 2).toBeLessThanOrEqual(30)
    for (let k = 0; k < outline.length; k++) {
      expect(outline[k]).toBeGreaterThanOrEqual(0)
      expect(outline[k]).toBeLessThanOrEqual(k % 2 ? height : width)
    }
  }
})

test('searching in many regions gives the same nuclei as in one: none is cut, lost or doubled at a seam', () => {
  const truth = scattered(180, 120)
  const { width, height, data } = paint(180, 120, 0.5, truth)
  const whole = detectNuclei(data, width, height, 0.5, stains)
  const pieces = planRegions(width, height, 0.5, 64).flatMap(({ core, read }) => {
    const w = read.right - read.x
    const h = read.bottom - read.y
    const part = new Uint8Array(3 * w * h)
    for (let y = 0; y < h; y++)
      part.set(data.subarray(3 * ((read.y + y) * width + read.x), 3 * ((read.y + y) * width + read.right)), 3 * y * w)
    return detectNuclei(part, w, h, 0.5, stains)
      .filter((n) => holds(core, read.x + n.x, read.y + n.y))
      .map((n) => ({
        x: n.x + read.x,
        y: n.y + read.y,
        outline: n.outline.map((v, k) => v + (k % 2 ? read.y : read.x)),
      }))
  })
  const key = (n: { x: number; y: number }) => Math.round(n.x * 100) * 1e6 + Math.round(n.y * 100)
  expect(whole.length).toBe(truth.length)
  expect(pieces.length).toBe(whole.length)
  const byKey = new Map(whole.map((n) => [key(n), n]))
  for (const piece of pieces) {
    const same = byKey.get(key(piece))
    expect(same, `nucleus at ${piece.x}, ${piece.y}`).toBeDefined()
    const off = Math.max(...piece.outline.map((v, k) => Math.abs(v - (same?.outline[k] ?? NaN))))
    expect(off).toBeLessThan(0.05)
  }
})

test('the stain strength is adapted to the slide, but only partly', () => {
  const of = (density: number) =>
    measureStains([
      paint(
        60,
        60,
        0.5,
        scattered(60, 60).map((n) => ({ ...n, density })),
      ).data,
    ]).strength
  expect(of(0.9)).toBeGreaterThan(of(0.3))
  expect(of(0.9) / of(0.3)).toBeLessThan(2)
  expect(measureStains([]).strength).toBe(0.5)
})

test('working pixels are whole slide pixels, near 0.5 µm', () => {
  expect([0.25, 0.23, 0.499, 0.17, 0.5, 0.35, 1].map(workingScale)).toEqual([2, 2, 1, 3, 1, 1, 0.5])
  for (let mpp = 0.05; mpp <= 1.5; mpp += 0.01) {
    const working = mpp * workingScale(mpp)
    expect(working).toBeGreaterThan(0.3)
    expect(working).toBeLessThan(0.76)
  }
})

test('a crescent is filled to a whole nucleus unless another nucleus lies in its hollow', () => {
  const round = (r: number, from: number, to: number, n: number) =>
    Array.from({ length: n }, (_, k) => from + ((to - from) * k) / (n - 1)).flatMap((a) => [
      20 + r * Math.cos(a),
      20 + r * Math.sin(a),
    ])
  // Three quarters of a ring, 5 to 9 pixels from (20, 20).
  const crescent = Float64Array.from([...round(9, 0, 1.5 * Math.PI, 18), ...round(5, 1.5 * Math.PI, 0, 10)])
  const filled = withoutBay(crescent, () => -1, [])
  const hull = polygonArea(convexHull(crescent))
  expect(filled).toHaveLength(crescent.length)
  expect(polygonArea(filled)).toBeGreaterThan(0.95 * hull)
  expect(polygonArea(filled)).toBeLessThanOrEqual(hull)
  const other = (x: number, y: number) => (Math.hypot(x - 20, y - 20) < 3 ? 0 : -1)
  expect(withoutBay(crescent, other, [29])).toBe(crescent)
})

test('the convex hull of a square with points inside is the square', () => {
  const hull = convexHull(Float64Array.of(0, 0, 4, 0, 2, 1, 4, 4, 2, 2, 0, 4, 1, 2))
  expect(hull).toHaveLength(8)
  expect(polygonArea(hull)).toBe(16)
  const pixels: string[] = []
  pixelsInConvex(hull, (x, y) => pixels.push(`${x},${y}`))
  expect(new Set(pixels).size).toBe(16)
  expect(pixels).toHaveLength(16)
})

test('no two nuclei of a dense cluster overlap by more than half', () => {
  const crowd = Array.from({ length: 120 }, (_, k) => ({
    x: 8 + 64 * Math.abs(Math.sin(k * 1.7)),
    y: 8 + 64 * Math.abs(Math.sin(k * 2.9 + 1)),
    rx: 2 + Math.abs(Math.sin(k)) * 2,
    ry: 2 + Math.abs(Math.cos(k * 3)),
    density: 0.35 + 0.25 * Math.abs(Math.sin(k * 5)),
  }))
  const { width, height, data } = paint(80, 80, 0.5, crowd)
  const found = detectNuclei(data, width, height, 0.5, stains)
  const masks = found.map(({ outline }) => new Set(pixelsOf(outline, width, height)))
  expect(masks.length).toBeGreaterThan(20)
  masks.forEach((a, i) =>
    masks.slice(i + 1).forEach((b) => {
      let shared = 0
      for (const p of a) if (b.has(p)) shared++
      expect(shared).toBeLessThanOrEqual(0.5 * Math.min(a.size, b.size))
    }),
  )
})

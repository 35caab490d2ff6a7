import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Rect } from '../../../electron/contract/index.ts'
import {
  cut,
  largestDifference,
  meanDifference,
  picture,
  raw,
  temporaryFolder,
  withSlide,
} from '../../support/slides.ts'

const original = picture(700, 500)
const path = join(temporaryFolder(), 'slide.tif')
await raw(original).tiff({ tile: true, tileWidth: 128, tileHeight: 128, compression: 'lzw' }).toFile(path)

const region = (rect: Rect, width: number, height: number) =>
  withSlide(path, (slide) => slide.region(rect, width, height))
const at = (x: number, y: number, width: number, height: number): Rect => ({ x, y, width, height })

/** Two images side by side. */
function beside(left: typeof original, right: typeof original) {
  const width = left.width + right.width
  const data = new Uint8Array(width * left.height * 3)
  for (let y = 0; y < left.height; y++) {
    data.set(cut(left, 0, y, left.width, 1).data, y * width * 3)
    data.set(cut(right, 0, y, right.width, 1).data, (y * width + left.width) * 3)
  }
  return { width, height: left.height, data }
}

describe('a region', () => {
  test.each([
    [0, 0, 700, 500],
    [127, 127, 2, 2],
    [300, 200, 256, 256],
    [699, 499, 1, 1],
  ])('at whole pixels (%i, %i, %i × %i) and full size has exactly the slide’s pixels', async (x, y, w, h) => {
    expect(largestDifference(await region(at(x, y, w, h), w, h), cut(original, x, y, w, h))).toBe(0)
  })

  test('read in two halves equals the same read at once, at any scale', async () => {
    for (const scale of [0.5, 1, 1.5, 2, 5]) {
      const [w, h] = [60 * scale, 80 * scale]
      const whole = await region(at(50.5, 30, w, h), 60, 80)
      const left = await region(at(50.5, 30, w / 2, h), 30, 80)
      const right = await region(at(50.5 + w / 2, 30, w / 2, h), 30, 80)
      expect(largestDifference(beside(left, right), whole), `shrunk by ${scale}`).toBe(0)
    }
  })

  test('outside the slide is white', async () => {
    const corner = await region(at(-10, -20, 40, 40), 40, 40)
    const expected = { width: 40, height: 40, data: new Uint8Array(4800).fill(255) }
    const inside = cut(original, 0, 0, 30, 20)
    for (let y = 0; y < 20; y++) expected.data.set(cut(inside, 0, y, 30, 1).data, ((y + 20) * 40 + 10) * 3)
    expect(largestDifference(corner, expected)).toBe(0)
    for (const beyond of [at(800, 0, 50, 50), at(-60, -60, 50, 50), at(0, 2000, 500, 500)])
      expect(new Set((await region(beyond, 20, 20)).data)).toEqual(new Set([255]))
  })

  test('of the whole slide has the same mean colour at every scale: nothing is shifted or darkened', async () => {
    const mean = (data: Uint8Array, c: number) =>
      data.reduce((sum, v, i) => (i % 3 === c ? sum + v : sum), 0) / (data.length / 3)
    for (const [w, h] of [
      [1400, 1000],
      [350, 250],
      [175, 125],
      [70, 50],
      [7, 5],
    ]) {
      const { data } = await region(at(0, 0, 700, 500), w, h)
      for (const c of [0, 1, 2])
        expect(Math.abs(mean(data, c) - mean(original.data, c)), `${w} px, channel ${c}`).toBeLessThan(
          // Red and green rise to 255 towards the border, where white is mixed in: at 7 px that is much.
          w < 20 ? 12 : 2,
        )
    }
  })

  test('has the same place whether it is shrunk from a generated level or from the full size', async () => {
    const inside = at(104, 88, 400, 320)
    const half = await region(inside, 200, 160) // the generated level as it is
    const nearlyHalf = await region(inside, 201, 161) // from level 0
    const enlarged = await raw(nearlyHalf).resize(200, 160, { fit: 'fill', kernel: 'linear' }).raw().toBuffer()
    expect(meanDifference(half, { width: 200, height: 160, data: enlarged })).toBeLessThan(1)
  })

  test.each<[string, Rect, number, number]>([
    ['no pixels', at(0, 0, 10, 10), 0, 10],
    ['half pixels', at(0, 0, 10, 10), 10.5, 10],
    ['no size', at(0, 0, 0, 10), 10, 10],
    ['no place', at(NaN, 0, 10, 10), 10, 10],
    ['a place far away', at(1e7, 0, 10, 10), 10, 10],
    ['more pixels than memory', at(0, 0, 700, 500), 1e6, 1e6],
    ['a size without end', at(0, 0, Infinity, 10), 10, 10],
    ['a line', at(0, 0, 700, 1), 10, 10],
  ])('of %s is refused', async (_, rect, width, height) => {
    await expect(region(rect, width, height)).rejects.toMatchObject({ failure: { kind: 'invalid-input' } })
  })
})

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FailureError, unwrap } from '../../electron/contract/index.ts'
import { demoClasses, demoMpp, demoSize, drawDemo, makeDemo } from '../../electron/demo/index.ts'
import { readAnnotations } from '../../electron/formats/index.ts'
import { openSlide } from '../../electron/slides/index.ts'
import { boxOf, outlineOf } from '../../models/nuclei/nuclei.ts'

const size = { width: 900, height: 700 }
const { image, truth } = drawDemo(size.width, size.height, 1)
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Twice the area, by the shoelace formula. */
const twiceArea = (o: ArrayLike<number>) => {
  let sum = 0
  for (let k = 0; k < o.length; k += 2) {
    const next = (k + 2) % o.length
    sum += o[k] * o[next + 1] - o[next] * o[k + 1]
  }
  return Math.abs(sum)
}
const inside = (o: ArrayLike<number>, x: number, y: number) => {
  let odd = false
  for (let k = 0, j = o.length - 2; k < o.length; j = k, k += 2)
    if (o[k + 1] > y !== o[j + 1] > y && x < ((o[j] - o[k]) * (y - o[k + 1])) / (o[j + 1] - o[k + 1]) + o[k]) odd = !odd
  return odd
}
/** Pixel centres inside each nucleus. */
const pixelsOf = (i: number): number[] => {
  const outline = outlineOf(truth.nuclei, i)
  const [xmin, ymin, xmax, ymax] = boxOf(truth.nuclei, i)
  const pixels: number[] = []
  for (let y = Math.ceil(ymin); y <= ymax; y++)
    for (let x = Math.ceil(xmin); x <= xmax; x++) if (inside(outline, x, y)) pixels.push(y * size.width + x)
  return pixels
}

describe('the demo picture', () => {
  test('is the same for the same seed and different for another', () => {
    const again = drawDemo(size.width, size.height, 1)
    expect(hash(again.image.data)).toBe(hash(image.data))
    expect(again.truth).toEqual(truth)
    expect(hash(drawDemo(size.width, size.height, 2).image.data)).not.toBe(hash(image.data))
  })

  test('has nuclei of every class, of realistic size, all on the slide', () => {
    expect(truth.classes.map((c) => c.name)).toEqual([...demoClasses])
    for (const c of demoClasses.keys()) expect(truth.classIndex.filter((v) => v === c).length).toBeGreaterThan(0)
    for (let i = 0; i < truth.nuclei.count; i++) {
      const [xmin, ymin, xmax, ymax] = boxOf(truth.nuclei, i)
      expect(xmin >= 0 && ymin >= 0 && xmax <= size.width && ymax <= size.height).toBe(true)
      const squareMicrometres = (twiceArea(outlineOf(truth.nuclei, i)) / 2) * demoMpp * demoMpp
      expect(squareMicrometres).toBeGreaterThan(3) // an apoptotic body
      expect(squareMicrometres).toBeLessThan(110)
    }
  })

  test('has no two nuclei on one pixel', () => {
    const owner = new Int32Array(size.width * size.height).fill(-1)
    for (let i = 0; i < truth.nuclei.count; i++)
      for (const at of pixelsOf(i)) {
        expect(owner[at]).toBe(-1)
        owner[at] = i
      }
  })

  test('stains nuclei darker and bluer than what surrounds them', () => {
    const red = (at: number) => image.data[3 * at]
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
    const nuclei = Array.from({ length: truth.nuclei.count }, (_, i) => pixelsOf(i))
    const taken = new Set(nuclei.flat())
    const rest = Array.from({ length: size.width * size.height }, (_, at) => at).filter((at) => !taken.has(at))
    expect(mean(rest.map(red)) - mean(nuclei.flat().map(red))).toBeGreaterThan(80)
    // Each by itself: no nucleus of the truth is missing from the picture.
    for (const pixels of nuclei) expect(mean(pixels.map(red))).toBeLessThan(175)
  })
})

// Drawing is seconds of work, but minutes on a crowded machine.
describe('karyon demo', () => {
  test('writes a slide that opens with its scale, levels and pixels, and a truth that reads back', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'karyon-demo-')), 'new', 'Ünïcode folder')
    const made = await makeDemo(folder, size)
    const reader = unwrap(await openSlide(made.slide))
    try {
      expect(reader.info).toMatchObject(size)
      expect(reader.info.mpp?.x).toBeCloseTo(demoMpp, 4)
      expect(reader.info.levels.length).toBeGreaterThanOrEqual(2)
      const region = await reader.region({ x: 0, y: 0, ...size }, size.width, size.height)
      const difference = region.data.reduce((sum, v, k) => sum + Math.abs(v - image.data[k]), 0) / region.data.length
      expect(difference).toBeLessThan(6) // what JPEG costs
    } finally {
      await reader.close()
    }
    const { classified, skipped } = unwrap(await readAnnotations(made.truth, size))
    expect(skipped).toEqual([])
    expect(classified.nuclei.count).toBe(made.nuclei)
    const names = (c: typeof classified) => Array.from(c.classIndex, (v) => c.classes[v].name)
    expect(names(classified)).toEqual(names(truth))

    const bytes = readFileSync(made.slide)
    await makeDemo(folder, size)
    expect(hash(readFileSync(made.slide))).toBe(hash(bytes))
  })

  test('draws more than a thousand nuclei, at least forty of each class, on a pyramid of four levels or more', async () => {
    const made = await makeDemo(await mkdtemp(join(tmpdir(), 'karyon-demo-')))
    const { classified } = unwrap(await readAnnotations(made.truth, demoSize))
    expect(classified.nuclei.count).toBeGreaterThan(1000)
    for (const name of demoClasses) {
      const c = classified.classes.findIndex((known) => known.name === name)
      expect(classified.classIndex.filter((v) => v === c).length).toBeGreaterThanOrEqual(40)
    }
    const reader = unwrap(await openSlide(made.slide))
    expect(reader.info).toMatchObject(demoSize)
    expect(reader.info.levels.length).toBeGreaterThanOrEqual(4)
    await reader.close()
  })

  test('a folder that is a file is refused with a sentence', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'karyon-demo-')), 'file')
    writeFileSync(file, 'not a folder')
    await expect(makeDemo(join(file, 'demo'))).rejects.toThrow(FailureError)
    await expect(makeDemo(join(file, 'demo'))).rejects.toThrow(/Could not make the folder .* is a file/)
  })
})

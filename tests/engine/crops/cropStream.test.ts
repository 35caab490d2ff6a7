import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { labelledCrops } from '../../../electron/engine/crops/cropStream.ts'
import { fromScratch } from '../../../models/train/recipes.ts'
import { random } from '../../../models/nn/random.ts'
import { smallConfig as config } from '../../support/colourNuclei.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'

const folder = temporaryFolder()
const mpp = 0.5
const plain = { ...fromScratch, jitter: { stain: 0, brightness: 0, contrast: 0 } }

/** A white slide with dark squares for nuclei; only every third is labelled, its class told by its place. */
async function slide(name: string, side: number, count: number) {
  const rng = random(side)
  const rgb = new Uint8Array(side * side * 3).fill(255)
  const outlines = Array.from({ length: count }, () => {
    const [x, y] = [rng.below(side - 12), rng.below(side - 12)]
    for (let v = y; v < y + 10; v++) rgb.fill(40, 3 * (v * side + x), 3 * (v * side + x + 10))
    return [x, y, x + 10, y, x + 10, y + 10, x, y + 10]
  })
  const path = join(folder, name)
  await sharp(rgb, { raw: { width: side, height: side, channels: 3 } }).toFile(path)
  const index = Uint32Array.from({ length: Math.ceil(count / 3) }, (_, i) => 3 * i)
  const label = Uint16Array.from(index, (i) => (outlines[i][0] < side / 2 ? 0 : 1))
  return { slide: path, mpp, nuclei: nucleiFromOutlines(outlines, 'imported'), index, label }
}

const job = async (side: number, count: number) => ({
  sources: [await slide(`${side}.png`, side, count)],
  config,
  mpp,
  recipe: plain,
  classes: 2,
  seed: 3,
})

async function take(count: number, from: Awaited<ReturnType<typeof job>>) {
  const crops = await labelledCrops(from)
  try {
    const drawn = []
    for (let k = 0; k < count; k++) drawn.push(await crops.at(k))
    return { drawn, cropsPerEpoch: crops.cropsPerEpoch }
  } finally {
    await crops.close()
  }
}

describe('crops around labelled nuclei', () => {
  it('are the same each time, hold a label each, and their boxes lie on their nuclei', async () => {
    const [a, b] = [await take(12, await job(200, 60)), await take(12, await job(200, 60))]
    expect(a.drawn.map(({ crop }) => crop)).toEqual(b.drawn.map(({ crop }) => crop))
    for (const { crop, feeds } of a.drawn) {
      expect(crop.labels.some((label) => label >= 0)).toBe(true)
      expect(feeds.nucleus_positions.length / config.width).toBe(crop.labels.length)
      for (let i = 0; i < crop.labels.length; i++) {
        const [x0, y0, x1, y1] = crop.boxes.subarray(4 * i, 4 * i + 4)
        const at = 3 * (Math.floor((y0 + y1) / 2) * config.imageSize + Math.floor((x0 + x1) / 2))
        expect(crop.rgb[at]).toBeLessThan(90)
      }
    }
  })

  it('come from the labelled part of a large slide, and unlabelled nuclei stay unlabelled', async () => {
    const large = await job(1500, 90)
    const { drawn, cropsPerEpoch } = await take(30, large)
    expect(cropsPerEpoch).toBeLessThanOrEqual(large.sources[0].index.length)
    const labels = drawn.flatMap(({ crop }) => [...crop.labels])
    expect(new Set(labels)).toEqual(new Set([-1, 0, 1]))
    expect(drawn.every(({ crop }) => crop.labels.some((label) => label >= 0))).toBe(true)
  })

  it('fail with a sentence where the slide is missing or nothing is labelled', async () => {
    const good = await job(200, 60)
    const gone = { ...good, sources: [{ ...good.sources[0], slide: join(folder, 'gone.png') }] }
    await expect(labelledCrops(gone)).rejects.toThrow(/gone\.png/)
    const none = { ...good.sources[0], index: new Uint32Array(0), label: new Uint16Array(0) }
    await expect(labelledCrops({ ...good, sources: [none] })).rejects.toThrow(/there are none/)
  })
})

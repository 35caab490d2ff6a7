import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unwrap, type Nuclei } from '../../../electron/contract/index.ts'
import { truthOf } from '../../../electron/cli/data/systems.ts'
import { detect } from '../../../electron/engine/detect/detect.ts'
import { chooseTiles, openDataSet } from '../../../electron/formats/dataSets/index.ts'
import { findDetector } from '../../../electron/launch/detectors.ts'
import { openSlide } from '../../../electron/slides/index.ts'
import { paintDust, paintFold, paintGlass, paintPen, paintRedCells } from '../../../models/detector/artefacts.ts'
import { centroidOf } from '../../../models/geometry/outline.ts'
import { outlineOf } from '../../../models/nuclei/nuclei.ts'
import { detectionScore, diceOf, type DetectionMatch } from '../../../models/metrics/detection.ts'
import { matchCentroids } from '../../../models/metrics/matchCentroids.ts'
import { random } from '../../../models/nn/random.ts'
import { blur } from '../../../models/train/augment.ts'
import { dataFolder, hasData } from '../../support/data.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'karyon-built-in-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Outlines that the built-in detector finds, in the slide's pixels. */
async function found(slide: string, mpp: number, areas?: Parameters<typeof detect>[0]['areas']) {
  const pieces: Nuclei[] = []
  await detect(
    { slide, mpp, areas, detector: await findDetector() },
    {
      signal: new AbortController().signal,
      breathe: () => Promise.resolve(),
      progress: ({ nuclei }) => void pieces.push(nuclei),
    },
  )
  return pieces.flatMap((nuclei) => Array.from({ length: nuclei.count }, (_, i) => outlineOf(nuclei, i)))
}

async function scoreOn(path: string, tiles: string, radius: number) {
  const [{ images }] = chooseTiles([await openDataSet(dataFolder(path))], tiles).chosen
  const matches: DetectionMatch[] = []
  for (const image of images) {
    const outlines = await found(image.path, image.mpp!)
    const { centroids } = await truthOf(image, [], [])
    const centres = outlines.flatMap((outline) => centroidOf(outline))
    const { pairs } = matchCentroids(centroids, centres, radius / image.mpp!)
    const rings = await image.outlines()
    matches.push({
      matched: pairs.length,
      missed: centroids.length / 2 - pairs.length,
      invented: outlines.length - pairs.length,
      dice: rings ? pairs.map(([t, f]) => diceOf(rings[t], outlines[f])) : [],
    })
  }
  return detectionScore(matches)
}

// A few points below what the card says, so that rounding on another machine does not fail.
describe('the built-in detector on pictures that it never learned from', () => {
  test.skipIf(!hasData('consep/train'))(
    'finds and outlines nuclei of CoNSeP’s validation tiles',
    async () => {
      const { f1, medianDice } = await scoreOn('consep/train', '3,8,19,23,26', 3)
      expect(f1).toBeGreaterThan(0.72)
      expect(medianDice).toBeGreaterThan(0.74)
    },
    120_000,
  )

  test.skipIf(!hasData('brca-m2c'))(
    'finds nuclei of breast tissue from many hospitals',
    async () => {
      const { f1, precision } = await scoreOn('brca-m2c', 'val', 7.5)
      expect(f1).toBeGreaterThan(0.855)
      expect(precision).toBeGreaterThan(0.8)
    },
    120_000,
  )
})

/** Everything is said to be tissue, or glass would not be searched at all. */
const everywhere = (side: number) => [{ kind: 'added' as const, outline: [0, 0, side, 0, side, side, 0, side] }]

describe('the built-in detector passes over what is no nucleus', () => {
  const side = 1024
  const squareMillimetres = (side * 0.0005) ** 2
  const painters = {
    'glass with dust': (rgb: Uint8Array, seed: number) => paintDust(rgb, side, random(seed)),
    'pen marks': (rgb: Uint8Array, seed: number) => void paintPen(rgb, side, random(seed)),
    'red cells': (rgb: Uint8Array, seed: number) => paintRedCells(rgb, side, random(seed)),
  }
  test.each(Object.entries(painters))(
    '%s: at most 5 false nuclei per mm²',
    async (name, paint) => {
      let count = 0
      const pictures = 2
      for (let seed = 100; seed < 100 + pictures; seed++) {
        const rgb = new Uint8Array(3 * side * side)
        paintGlass(rgb, side, random(seed))
        paint(rgb, seed + 50)
        const path = join(folder, `${name} ${seed}.png`)
        await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
          .png()
          .toFile(path)
        count += (await found(path, 0.5, everywhere(side))).length
      }
      expect(count / (pictures * squareMillimetres)).toBeLessThanOrEqual(5)
    },
    60_000,
  )

  test.skipIf(!hasData('consep/train'))(
    'a strongly blurred tile: at most 5 false nuclei per mm²',
    async () => {
      const { data, info } = await sharp(dataFolder('consep/train/images/train_8.png'))
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true })
      const rgb = new Uint8Array(data)
      blur(rgb, info.width, 16)
      const path = join(folder, 'blurred.png')
      await sharp(rgb, { raw: { width: info.width, height: info.height, channels: 3 } })
        .png()
        .toFile(path)
      expect((await found(path, 0.25)).length / (info.width * 0.00025) ** 2).toBeLessThanOrEqual(5)
    },
    60_000,
  )

  test.skipIf(!hasData('slides'))(
    'folds in tissue without nuclei: at most 5 false nuclei per mm²',
    async () => {
      const reader = unwrap(await openSlide(dataFolder('slides/CMU-1-Small-Region.svs')))
      const [x, y, width] = [30, 1500, 560]
      const { data } = await reader.region({ x, y, width, height: width }, width, width)
      await reader.close()
      let count = 0
      const pictures = 3
      for (let seed = 0; seed < pictures; seed++) {
        const rgb = Uint8Array.from(data)
        for (let fold = 0; fold < 3; fold++) paintFold(rgb, width, random(10 * seed + fold))
        const path = join(folder, `folds ${seed}.png`)
        await sharp(rgb, { raw: { width, height: width, channels: 3 } })
          .png()
          .toFile(path)
        count += (await found(path, 0.499, everywhere(width))).length
      }
      expect(count / (pictures * (width * 0.000499) ** 2)).toBeLessThanOrEqual(5)
    },
    60_000,
  )

  test.skipIf(!hasData('slides'))(
    'CMU-1’s keratin flakes are nearly free of nuclei, and the epidermis beside is not',
    async () => {
      const outlines = await found(dataFolder('slides/CMU-1-Small-Region.svs'), 0.499)
      const within = (x0: number, y0: number, x1: number, y1: number) =>
        outlines.filter((outline) => {
          const [x, y] = centroidOf(outline)
          return x >= x0 && x < x1 && y >= y0 && y < y1
        }).length
      expect(within(1314, 1151, 1524, 1581)).toBeLessThanOrEqual(8)
      expect(within(1080, 700, 1280, 900)).toBeGreaterThan(40)
    },
    60_000,
  )
})

test.skipIf(!hasData('slides'))(
  'a slide that is a fifth paler or darker has about as many nuclei',
  async () => {
    const reader = unwrap(await openSlide(dataFolder('slides/CMU-1-Small-Region.svs')))
    const [x, y, side] = [900, 700, 640]
    const { data } = await reader.region({ x, y, width: side, height: side }, side, side)
    await reader.close()
    const counts: number[] = []
    for (const strength of [1, 0.8, 1.2]) {
      const rgb = Uint8Array.from(data, (v) => Math.round(255 * (v / 255) ** strength))
      const path = join(folder, `strength ${strength}.png`)
      await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toFile(path)
      counts.push((await found(path, 0.499)).length)
    }
    const [usual, paler, darker] = counts
    expect(usual).toBeGreaterThan(100)
    expect(Math.abs(paler / usual - 1)).toBeLessThan(0.1)
    expect(Math.abs(darker / usual - 1)).toBeLessThan(0.1)
  },
  60_000,
)

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { random } from '../../models/nn/random.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import type { LabelledImage } from '../../electron/engine/crops/cropSampler.ts'
import { labelledCrops } from '../../electron/engine/crops/cropStream.ts'
import type { TrainingFeeds } from '../../electron/engine/train/gradientPass.ts'
import { trainingLoop } from '../../electron/engine/train/trainingLoop.ts'
import { fromScratch } from '../../models/train/recipes.ts'
import { trainable } from '../../electron/engine/train/trainable.ts'
import { feeding } from '../../electron/engine/train/trainNetwork.ts'
import { wholePass } from '../../electron/engine/train/wholePass.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

const classes = 4
/** Steps per measurement. The first is not counted. */
const steps = 3
const mpp = 0.25

/**
 * Returns the steps per second of training that draws and augments its crops from a file, divided by the steps per
 * second on crops drawn beforehand. Both are measured alternately; the result is the median over the rounds.
 * @param image the picture that crops are drawn from; larger than a crop
 */
export async function drawingRatio(
  rounds: number,
  config: NucleusVitConfig,
  image: LabelledImage,
  breathe: () => Promise<void>,
): Promise<number> {
  const layout = classifierLayout(config, classes)
  const weights = { layout, values: initialise(layout, random(1), config) }
  const trained = trainable({ kind: 'full' }, weights, random(1))
  const pass = await wholePass({ config, classes, model: weights, trained })
  const secondsPerStep = async (
    draw: (step: number) => AsyncIterable<TrainingFeeds> | Iterable<TrainingFeeds>,
  ): Promise<number> => {
    let started = 0
    await trainingLoop({
      trained,
      pass,
      recipe: fromScratch,
      layers: config.layers,
      steps,
      warmup: 1,
      random: random(1),
      draw,
      onCrop: async ({ step }) => {
        await breathe()
        if (step === 1) started = performance.now()
      },
    })
    return (performance.now() - started) / 1000 / (steps - 1)
  }
  const folder = await mkdtemp(join(tmpdir(), 'karyon-bench-'))
  try {
    const source = await written(join(folder, 'picture.png'), image)
    const cropsOf = (seed: number) =>
      labelledCrops({ sources: [source], config, mpp, recipe: fromScratch, classes, seed })
    const feedsOf = (crops: Awaited<ReturnType<typeof cropsOf>>, round: number) =>
      feeding({ config, classes, crops, recipe: fromScratch, random: random(round) }).draw
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const [live, before] = [await cropsOf(round), await cropsOf(round)]
      const drawn: TrainingFeeds[][] = []
      const draw = feedsOf(before, round)
      for (let step = 0; step < steps; step++) {
        drawn.push([])
        for await (const feeds of draw(step)) drawn[step].push(feeds)
      }
      await before.close()
      const withDrawing = await secondsPerStep(feedsOf(live, round))
      await live.close()
      ratios.push((await secondsPerStep((step) => drawn[step])) / withDrawing)
    }
    return ratios.sort((a, b) => a - b)[ratios.length >> 1]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Writes the picture to a file. All its nuclei are labelled. */
async function written(slide: string, { rgb, width, height, boxes, labels }: LabelledImage) {
  await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toFile(slide)
  const outlines = Array.from(labels, (_, i) => {
    const [x0, y0, x1, y1] = boxes.subarray(4 * i, 4 * i + 4)
    return [x0, y0, x1, y0, x1, y1, x0, y1]
  })
  const index = Uint32Array.from(labels.keys())
  return { slide, mpp, nuclei: nucleiFromOutlines(outlines, 'imported'), index, label: Uint16Array.from(labels) }
}

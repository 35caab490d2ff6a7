import { random } from '../../models/nn/random.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import type { TrainingFeeds } from './gradientPass.ts'
import { optimise } from './optimise.ts'
import { fromScratch } from './recipes.ts'
import { trainable } from './trainable.ts'
import { drawing } from './trainFull.ts'
import type { TrainingImage } from './trainingImages.ts'
import { wholePass } from './wholePass.ts'

const classes = 4
/** Steps of each measurement; the first is not counted. */
const steps = 3

/**
 * Steps per second of training that draws and augments its crops, divided by the same steps on crops that were drawn
 * before, in turn; the median of the rounds.
 * @param image crops are drawn from it; larger than a crop
 */
export async function drawingRatio(
  rounds: number,
  config: NucleusVitConfig,
  image: TrainingImage,
  breathe: () => Promise<void>,
): Promise<number> {
  const layout = classifierLayout(config, classes)
  const weights = { layout, values: initialise(layout, random(1), config) }
  const trained = trainable({ kind: 'full' }, weights, random(1))
  const pass = await wholePass({ config, classes, model: weights, trained })
  const secondsPerStep = async (draw: (step: number) => Iterable<TrainingFeeds>): Promise<number> => {
    let started = 0
    await optimise({
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
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) {
    const draw = () => drawing({ config, classes, images: [image], recipe: fromScratch, random: random(round) }).draw
    const live = draw()
    const same = draw()
    // Copies: the memory of a drawn crop serves the next.
    const drawn = Array.from({ length: steps }, () => Array.from(same(), (feeds) => structuredClone(feeds)))
    const withDrawing = await secondsPerStep(live)
    ratios.push((await secondsPerStep((step) => drawn[step])) / withDrawing)
  }
  return ratios.sort((a, b) => a - b)[ratios.length >> 1]
}

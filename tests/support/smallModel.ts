import { writeModelFolder } from '../../electron/formats/weights/modelFolder.ts'
import type { ParameterLayout } from '../../models/nn/parameters.ts'
import { random } from '../../models/nn/random.ts'
import { fromScratch } from '../../models/train/recipes.ts'
import { cropsOfImages } from '../../electron/engine/crops/cropSampler.ts'
import { trainNetwork } from '../../electron/engine/train/trainNetwork.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { colourNuclei, smallConfig } from './colourNuclei.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'

/** A model folder of a network small enough for tests, with random weights: classes mean nothing, all else is real; with none there is no head. */
export async function writeSmallModel(path: string, classes: string[] = ['purple', 'red'], seed = 1): Promise<string> {
  const layout = classifierLayout(smallConfig, classes.length)
  const values = initialise(layout, random(seed), smallConfig)
  // Larger than the recipe's, so that classes differ between nuclei from the start.
  const head = classes.length > 0 ? layout.slot('head.weight').offset : layout.size
  const scaled = values.map((v, i) => (i >= head ? v * 20 : v))
  await write(path, classes, layout, scaled)
  return path
}

async function write(path: string, classes: string[], layout: ParameterLayout, values: Float32Array): Promise<void> {
  await writeModelFolder(path, {
    description: {
      title: 'Small',
      architecture: smallConfig,
      classes,
      mpp: 0.5,
      lineage: [],
      created: '2026-01-01T00:00:00.000Z',
      licence: 'Apache-2.0',
      training: {},
      metric: '',
    },
    weights: layout.slots.map(
      ({ name, shape, offset, size }) => [name, { shape, data: values.subarray(offset, offset + size) }] as const,
    ),
    card: '# Small\n',
  })
}

/** Training that teaches the small network its colours in a second. */
export const quickRecipe = {
  ...fromScratch,
  epochs: 30,
  warmupEpochs: 1,
  peakRate: 3e-3,
  cropsPerStep: 2,
  dropPath: 0,
  labelSmoothing: 0,
  average: 0,
}

/** The same network, trained to tell purple from red. */
export async function writeTrainedSmallModel(path: string): Promise<string> {
  const rng = random(1)
  const layout = classifierLayout(smallConfig, 2)
  const values = initialise(layout, rng, smallConfig)
  const crops = cropsOfImages(colourNuclei(4), { config: smallConfig, classes: 2, recipe: quickRecipe, seed: 1 })
  await trainNetwork({
    config: smallConfig,
    classes: 2,
    layout,
    values,
    crops,
    recipe: quickRecipe,
    random: rng,
    onCrop: () => Promise.resolve(),
  })
  await write(path, ['purple', 'red'], layout, values)
  return path
}

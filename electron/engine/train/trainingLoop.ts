import { withFrugalHeap } from '../runtime/gcFlags.ts'
import type { Weights } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'
import { clipGradients, parameterGroups } from '../../../models/train/adamW.ts'
import { layerRate, warmupCosine } from '../../../models/train/schedule.ts'
import { readCheckpoint, writeCheckpoint, type CheckpointFile, type TrainingState } from './checkpoint.ts'
import type { GradientPass } from './gradientPass.ts'
import { assertFinite } from './assertFinite.ts'
import { lossesOf } from './sessionPass.ts'
import type { OptimiserRecipe } from '../../../models/train/recipes.ts'
import { fileArrays, memoryArrays, optimiserStep } from './optimiserState.ts'

export interface Optimisation<Feeds> {
  /** Changed in place. */
  readonly trained: Weights
  readonly pass: GradientPass<Feeds>
  readonly recipe: OptimiserRecipe
  /** Says whether a parameter is trained; all are if absent. */
  readonly trains?: (name: string) => boolean
  /** Number of layers of the network, for layer-wise decay of the learning rate. */
  readonly layers: number
  readonly steps: number
  /** Number of steps during which the learning rate rises. */
  readonly warmup: number
  /** Yields the feeds of a step's crops. Each crop's loss must already be scaled to its share of the step's loss. */
  draw(step: number): AsyncIterable<Feeds> | Iterable<Feeds>
  readonly random: Random
  /** New file for the optimiser's numbers; they are in memory if absent. */
  readonly stateFile?: string
  /** File from which training can continue after its process ended. */
  readonly checkpoint?: CheckpointFile
  /** Awaited after each crop; throws to cancel. */
  readonly onCrop: (progress: { step: number; of: number; loss: number }) => Promise<void>
  /** Awaited after each step; false ends the training. */
  readonly onStep?: (step: number, of: number) => Promise<boolean>
}

export interface Outcome {
  readonly firstLoss: number
  readonly lastLoss: number
  readonly steps: number
}

/**
 * Trains for any objective. Each step adds up and clips the gradients of its crops, and AdamW updates the weights. The
 * result is the running mean of the weights. If there is a checkpoint of the same job, training continues from it and
 * ends with the same weights as without the interruption, if as many crops are computed at once as before; otherwise
 * sums are rounded differently.
 */
export async function trainingLoop<Feeds>(job: Optimisation<Feeds>): Promise<Outcome> {
  const { trained, recipe, stateFile, steps } = job
  const arrayCount = recipe.average > 0 ? 3 : 2
  const arrays =
    stateFile === undefined ? memoryArrays(trained.layout.size, arrayCount) : fileArrays(stateFile, arrayCount)
  try {
    const state = { trained, arrays, arrayCount, random: job.random, step: 0, steps, firstLoss: NaN, lastLoss: NaN }
    await withFrugalHeap(() => takeSteps(job, state))
    return { firstLoss: state.firstLoss, lastLoss: state.lastLoss, steps: state.step }
  } finally {
    arrays.close()
  }
}

async function takeSteps<Feeds>(job: Optimisation<Feeds>, state: TrainingState): Promise<void> {
  const { recipe, steps } = job
  const { layout, values } = state.trained
  const gradient = new Float32Array(layout.size)
  const { layerDecay, stemRate = 1 } = recipe
  const groups = parameterGroups(
    layout,
    job.trains ?? (() => true),
    (name) => layerRate(name, job.layers, layerDecay) * (name.startsWith('stem.') ? stemRate : 1),
  )
  const isNew = !(job.checkpoint && (await readCheckpoint(job.checkpoint, state)))
  if (isNew && recipe.average > 0)
    for (const { offset, size } of groups)
      state.arrays.lend(offset, size, ([, , average]) => average.set(values.subarray(offset, offset + size)))

  let saved = performance.now()
  for (let step = state.step; step < steps; step++) {
    let loss = 0
    let crop = 0
    for await (const lossOfCrop of lossesOf(job.pass, job.draw(step), gradient)) {
      loss += lossOfCrop
      crop++
      assertFinite(loss, step, gradient, layout)
      await job.onCrop({ step: step + crop / recipe.cropsPerStep, of: steps, loss: state.lastLoss })
    }
    clipGradients(gradient, groups, recipe.clip)
    const rate = warmupCosine(step, steps, job.warmup, recipe.peakRate, recipe.endRate)
    // The mean decays faster in the first steps, so that it does not retain the initial weights.
    const keep = Math.min(recipe.average, (1 + step) / (10 + step))
    optimiserStep(state, gradient, { groups, rate, weightDecay: recipe.weightDecay, beta2: recipe.beta2, keep })
    if (step === 0) state.firstLoss = state.lastLoss = loss
    else state.lastLoss = 0.95 * state.lastLoss + 0.05 * loss
    if (job.checkpoint && performance.now() - saved >= 1000 * (job.checkpoint.everySeconds ?? 60)) {
      await writeCheckpoint(job.checkpoint, state)
      saved = performance.now()
    }
    if (job.onStep && !(await job.onStep(step + 1, steps))) break
  }
  if (recipe.average > 0)
    for (const { offset, size } of groups)
      state.arrays.lend(offset, size, ([, , average]) => values.subarray(offset, offset + size).set(average))
}

/** Drop path at batch size 1: drops each residual branch, or scales it so that its expected value stays the same. */
export function branchScale(layers: number, rate: number, rng: Random): Float32Array {
  return Float32Array.from({ length: 2 * layers }, (_, i) => {
    const drop = (rate * (i >> 1)) / Math.max(1, layers - 1)
    return rng.next() < drop ? 0 : 1 / (1 - drop)
  })
}

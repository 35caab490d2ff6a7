import type { ParameterLayout } from '../../models/nn/parameters.ts'
import type { Random } from '../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { clipGradients, parameterGroups } from '../../models/train/adamW.ts'
import { layerRate } from '../../models/train/layerDecay.ts'
import { targets } from '../../models/train/loss.ts'
import { warmupCosine } from '../../models/train/schedule.ts'
import { readCheckpoint, writeCheckpoint, type CheckpointFile, type TrainingState } from './checkpoint.ts'
import { cropSampler } from './cropSampler.ts'
import { blockwisePass } from './blockwisePass.ts'
import { assertFinite } from './guard.ts'
import { optimiserStep } from './optimiserStep.ts'
import type { TrainingRecipe } from './recipes.ts'
import { fileArrays, memoryArrays } from './stateArrays.ts'
import { trainable, type Method, type Trainable } from './trainable.ts'
import type { TrainingImage } from './trainingImages.ts'
import { wholePass } from './wholePass.ts'

/** The whole graph at once, or block by block; the optimiser's numbers in a new file where one is named. */
export interface Execution {
  readonly kind: 'whole' | 'blockwise'
  readonly stateFile?: string
}

/** Replayed tokens with their targets: they train the head alone, beside the crops. */
export interface ReplayBatch {
  readonly tokens: Float32Array
  /** [n, classes], rows adding up to the replay's share of the loss */
  readonly targets: Float32Array
}

export interface FullTraining {
  readonly config: NucleusVitConfig
  readonly classes: number
  readonly layout: ParameterLayout
  /** Changed in place. */
  readonly values: Float32Array
  /** What trains; all where absent. */
  readonly method?: Method
  /** How memory is used; the whole graph at once where absent. The outcome is the same but for rounding. */
  readonly execution?: Execution
  readonly images: readonly TrainingImage[]
  readonly recipe: TrainingRecipe
  readonly replay?: ReplayBatch
  readonly random: Random
  /** File that training can go on from after its process ended. */
  readonly checkpoint?: CheckpointFile
  /** Awaited after each crop; throws to cancel. */
  readonly onCrop: (progress: { step: number; of: number; loss: number }) => Promise<void>
}

/**
 * Trains the network, or the part of it that a method names, on augmented crops around labelled nuclei. Unlabelled nuclei
 * are context, not truth. With a checkpoint of the same job it goes on from there, and ends with the same weights as
 * without the interruption.
 */
export async function trainFull(job: FullTraining): Promise<{ firstLoss: number; lastLoss: number; steps: number }> {
  const { recipe, random: rng, method = { kind: 'full' }, execution = { kind: 'whole' } as const } = job
  const trained = trainable(method, job, rng)
  const arrayCount = recipe.average > 0 ? 3 : 2
  const { stateFile } = execution
  const arrays =
    stateFile === undefined ? memoryArrays(trained.layout.size, arrayCount) : fileArrays(stateFile, arrayCount)
  try {
    const state = { trained, arrays, arrayCount, random: rng, step: 0, firstLoss: NaN, lastLoss: NaN }
    const steps = await takeSteps(job, execution, trained, state)
    trained.finish()
    return { firstLoss: state.firstLoss, lastLoss: state.lastLoss, steps }
  } finally {
    arrays.close()
  }
}

async function takeSteps(
  job: FullTraining,
  execution: Execution,
  trained: Trainable,
  state: TrainingState,
): Promise<number> {
  const { config, classes, recipe, random: rng } = job
  const { layout, values } = trained
  const makePass = execution.kind === 'whole' ? wholePass : blockwisePass
  const pass = await makePass({ config, classes, model: job, trained })
  const gradient = new Float32Array(layout.size)
  const groups = parameterGroups(
    layout,
    () => true,
    (name) => layerRate(name, config.layers, recipe.layerDecay),
  )
  const isNew = !(job.checkpoint && (await readCheckpoint(job.checkpoint, state)))
  if (isNew && recipe.average > 0)
    for (const { offset, size } of groups)
      state.arrays.lend(offset, size, ([, , average]) => average.set(values.subarray(offset, offset + size)))
  const sampler = cropSampler(job)
  const encoder = cropEncoder(config)
  const stepsPerEpoch = Math.max(1, Math.round(sampler.cropsPerEpoch / recipe.cropsPerStep))
  const steps = stepsPerEpoch * recipe.epochs
  // Without replay, one token with targets of zero keeps the same graph and adds nothing.
  const replay = job.replay ?? { tokens: new Float32Array(config.width), targets: new Float32Array(classes) }
  const replayShare = { tokens: replay.tokens, targets: replay.targets.map((t) => t / recipe.cropsPerStep) }

  let saved = performance.now()
  for (let step = state.step; step < steps; step++) {
    const crops = Array.from({ length: recipe.cropsPerStep }, () => sampler.next())
    const labelled = crops.reduce((n, crop) => n + crop.labels.reduce((k, l) => k + (l >= 0 ? 1 : 0), 0), 0)
    let loss = 0
    for (const [i, crop] of crops.entries()) {
      loss += await pass.run(
        {
          ...encoder.encode(crop.rgb, crop.boxes),
          branch_scale: branchScale(config.layers, recipe.dropPath, rng),
          targets: targets(crop.labels, Math.max(1, labelled), { classes, smoothing: recipe.labelSmoothing }),
          replay_tokens: replayShare.tokens,
          replay_targets: replayShare.targets,
        },
        gradient,
        i > 0,
      )
      assertFinite(loss, step, gradient, layout)
      await job.onCrop({ step: step + (i + 1) / crops.length, of: steps, loss: state.lastLoss })
    }
    clipGradients(gradient, groups, recipe.clip)
    const rate = warmupCosine(step, steps, recipe.warmupEpochs * stepsPerEpoch, recipe.peakRate, recipe.endRate)
    // Early on the mean forgets faster, so that it does not remember the start.
    const keep = Math.min(recipe.average, (1 + step) / (10 + step))
    optimiserStep(state, gradient, { groups, rate, weightDecay: recipe.weightDecay, keep })
    if (step === 0) state.firstLoss = state.lastLoss = loss
    else state.lastLoss = 0.95 * state.lastLoss + 0.05 * loss
    if (job.checkpoint && performance.now() - saved >= 1000 * (job.checkpoint.everySeconds ?? 60)) {
      await writeCheckpoint(job.checkpoint, state)
      saved = performance.now()
    }
  }
  if (recipe.average > 0)
    for (const { offset, size } of groups)
      state.arrays.lend(offset, size, ([, , average]) => values.subarray(offset, offset + size).set(average))
  return steps
}

/** Drop path at batch 1: each residual branch is dropped, or scaled so that its mean stays. */
function branchScale(layers: number, rate: number, rng: Random): Float32Array {
  return Float32Array.from({ length: 2 * layers }, (_, i) => {
    const drop = (rate * (i >> 1)) / Math.max(1, layers - 1)
    return rng.next() < drop ? 0 : 1 / (1 - drop)
  })
}

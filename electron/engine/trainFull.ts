import type { ParameterLayout } from '../../models/nn/parameters.ts'
import type { Random } from '../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { adamWState, adamWStep, clipGradients, parameterGroups } from '../../models/train/adamW.ts'
import { layerRate } from '../../models/train/layerDecay.ts'
import { targets } from '../../models/train/loss.ts'
import { warmupCosine } from '../../models/train/schedule.ts'
import { readCheckpoint, writeCheckpoint, type CheckpointFile, type TrainingState } from './checkpoint.ts'
import { cropSampler } from './cropSampler.ts'
import { assertFinite } from './guard.ts'
import { weightFeeds } from './network.ts'
import type { TrainingRecipe } from './recipes.ts'
import { trainingSession } from './trainingSession.ts'
import type { TrainingImage } from './trainingImages.ts'

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
 * Trains encoder and head on augmented crops around labelled nuclei. Unlabelled nuclei are context, not truth. With a
 * checkpoint of the same job it goes on from there, and ends with the same weights as without the interruption.
 */
export async function trainFull(job: FullTraining): Promise<{ firstLoss: number; lastLoss: number; steps: number }> {
  const { config, classes, layout, values, recipe, random: rng } = job
  const { session, outputs } = await trainingSession(config, classes)
  const gradient = new Float32Array(layout.size)
  const cropGradient = new Float32Array(layout.size)
  const into = Object.fromEntries(outputs.map((name) => [`out ${name}`, viewOf(layout, cropGradient, name)]))
  const weights = weightFeeds(layout, values, session.parameters)
  const groups = parameterGroups(
    layout,
    () => true,
    (name) => layerRate(name, config.layers, recipe.layerDecay),
  )
  const state: TrainingState = {
    values,
    moments: adamWState(layout.size),
    average: recipe.average > 0 ? values.slice() : undefined,
    random: rng,
    firstLoss: NaN,
    lastLoss: NaN,
  }
  const { moments, average } = state
  if (job.checkpoint) await readCheckpoint(job.checkpoint, state)
  const sampler = cropSampler(job)
  const encoder = cropEncoder(config)
  const stepsPerEpoch = Math.max(1, Math.round(sampler.cropsPerEpoch / recipe.cropsPerStep))
  const steps = stepsPerEpoch * recipe.epochs
  // Without replay, one token with targets of zero keeps the same graph and adds nothing.
  const replay = job.replay ?? { tokens: new Float32Array(config.width), targets: new Float32Array(classes) }
  const replayShare = { tokens: replay.tokens, targets: replay.targets.map((t) => t / recipe.cropsPerStep) }

  let saved = performance.now()
  for (let step = moments.step; step < steps; step++) {
    const crops = Array.from({ length: recipe.cropsPerStep }, () => sampler.next())
    const labelled = crops.reduce((n, crop) => n + crop.labels.reduce((k, l) => k + (l >= 0 ? 1 : 0), 0), 0)
    gradient.fill(0)
    let loss = 0
    for (const [i, crop] of crops.entries()) {
      const result = await session.run(
        {
          ...weights,
          ...encoder.encode(crop.rgb, crop.boxes),
          branch_scale: branchScale(config.layers, recipe.dropPath, rng),
          targets: targets(crop.labels, Math.max(1, labelled), { classes, smoothing: recipe.labelSmoothing }),
          replay_tokens: replayShare.tokens,
          replay_targets: replayShare.targets,
        },
        into,
      )
      loss += result.loss.data[0] as number
      assertFinite(loss, step, cropGradient, layout)
      for (let k = 0; k < gradient.length; k++) gradient[k] += cropGradient[k]
      await job.onCrop({ step: step + (i + 1) / crops.length, of: steps, loss: state.lastLoss })
    }
    clipGradients(gradient, groups, recipe.clip)
    const rate = warmupCosine(step, steps, recipe.warmupEpochs * stepsPerEpoch, recipe.peakRate, recipe.endRate)
    adamWStep(values, gradient, moments, groups, rate, { weightDecay: recipe.weightDecay })
    if (average) {
      // Early on the mean forgets faster, so that it does not remember the start.
      const keep = Math.min(recipe.average, (1 + step) / (10 + step))
      for (let k = 0; k < average.length; k++) average[k] = keep * average[k] + (1 - keep) * values[k]
    }
    if (step === 0) state.firstLoss = state.lastLoss = loss
    else state.lastLoss = 0.95 * state.lastLoss + 0.05 * loss
    if (job.checkpoint && performance.now() - saved >= 1000 * (job.checkpoint.everySeconds ?? 60)) {
      await writeCheckpoint(job.checkpoint, state)
      saved = performance.now()
    }
  }
  if (average) values.set(average)
  return { firstLoss: state.firstLoss, lastLoss: state.lastLoss, steps }
}

const viewOf = (layout: ParameterLayout, array: Float32Array, name: string): Float32Array => {
  const { offset, size } = layout.slot(name)
  return array.subarray(offset, offset + size)
}

/** Drop path at batch 1: each residual branch is dropped, or scaled so that its mean stays. */
function branchScale(layers: number, rate: number, rng: Random): Float32Array {
  return Float32Array.from({ length: 2 * layers }, (_, i) => {
    const drop = (rate * (i >> 1)) / Math.max(1, layers - 1)
    return rng.next() < drop ? 0 : 1 / (1 - drop)
  })
}

import type { ParameterLayout } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'
import { featureWidth, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { targets } from '../../../models/train/loss.ts'
import type { CheckpointFile } from './checkpoint.ts'
import { blockwisePass } from './checkpointedPass.ts'
import type { TrainingCrop } from '../crops/cropSampler.ts'
import type { DrawnCrops } from '../crops/cropSampler.ts'
import { branchScale, optimise, type Outcome } from './trainingLoop.ts'
import type { TrainingRecipe } from '../../../models/train/recipes.ts'
import { trainable, type Method } from './trainable.ts'
import type { TrainingFeeds } from './gradientPass.ts'
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
  /** Labelled nuclei of each class; where the recipe weighs classes. */
  readonly classCounts?: readonly number[]
  readonly layout: ParameterLayout
  /** Changed in place. */
  readonly values: Float32Array
  /** What trains; all where absent. */
  readonly method?: Method
  /** How memory is used; the whole graph at once where absent. The outcome is the same but for rounding. */
  readonly execution?: Execution
  /** Closed by whoever made them. */
  readonly crops: DrawnCrops<TrainingCrop>
  readonly recipe: TrainingRecipe
  readonly replay?: ReplayBatch
  readonly random: Random
  /** File that training can go on from after its process ended. */
  readonly checkpoint?: CheckpointFile
  /** Awaited after each crop; throws to cancel. */
  readonly onCrop: (progress: { step: number; of: number; loss: number }) => Promise<void>
}

/**
 * Trains the network, or the part of it that a method names, on augmented crops around labelled nuclei. Unlabelled
 * nuclei are context, not truth. With a checkpoint of the same job it goes on from there, and ends with the same
 * weights as without the interruption.
 */
export async function trainFull(job: FullTraining): Promise<Outcome> {
  const {
    config,
    classes,
    recipe,
    random: rng,
    method = { kind: 'full' },
    execution = { kind: 'whole' } as const,
  } = job
  const trained = trainable(method, job, rng)
  const makePass = execution.kind === 'whole' ? wholePass : blockwisePass
  const pass = await makePass({ config, classes, model: job, trained })
  const { stepsPerEpoch, draw } = feeding(job)
  const outcome = await optimise({
    trained,
    pass,
    recipe,
    layers: config.layers,
    steps: stepsPerEpoch * recipe.epochs,
    warmup: recipe.warmupSteps ?? recipe.warmupEpochs * stepsPerEpoch,
    random: rng,
    stateFile: execution.stateFile,
    checkpoint: job.checkpoint,
    onCrop: job.onCrop,
    draw,
  })
  trained.finish()
  return outcome
}

/** How a training's steps are fed: the steps of an epoch, and the feeds of one step. */
export function feeding(
  job: Pick<FullTraining, 'config' | 'classes' | 'classCounts' | 'crops' | 'recipe' | 'replay' | 'random'>,
): {
  readonly stepsPerEpoch: number
  draw(step: number): AsyncGenerator<TrainingFeeds>
} {
  const { config, classes, crops, recipe, random: rng } = job
  // Without replay, one token with targets of zero keeps the same graph and adds nothing.
  const replay = job.replay ?? { tokens: new Float32Array(featureWidth(config)), targets: new Float32Array(classes) }
  const replayTargets = replay.targets.map((t) => t / recipe.cropsPerStep)
  const { cropsPerStep, classWeightPower = 0 } = recipe
  const { classCounts } = job
  const classWeights =
    classCounts && classWeightPower ? classCounts.map((n) => Math.max(1, n) ** classWeightPower) : undefined
  return {
    stepsPerEpoch: Math.max(1, Math.round(crops.cropsPerEpoch / cropsPerStep)),
    async *draw(step) {
      const drawn = []
      for (let i = 0; i < cropsPerStep; i++) drawn.push(await crops.at(step * cropsPerStep + i))
      const weightOf = (label: number) => (label < 0 ? 0 : (classWeights?.[label] ?? 1))
      const total = drawn.reduce((n, { crop }) => n + crop.labels.reduce((k, l) => k + weightOf(l), 0), 0)
      for (const { crop, feeds } of drawn)
        yield {
          ...feeds,
          branch_scale: branchScale(config.layers, recipe.dropPath, rng),
          targets: targets(crop.labels, total || 1, { classes, smoothing: recipe.labelSmoothing, classWeights }),
          replay_tokens: replay.tokens,
          replay_targets: replayTargets,
        }
    },
  }
}

import type { ParameterLayout } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'
import { featureWidth, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { excludedClasses, targets } from '../../../models/train/loss.ts'
import type { CheckpointFile } from './checkpoint.ts'
import { blockwisePass } from './checkpointedPass.ts'
import type { TrainingCrop } from '../crops/cropSampler.ts'
import type { DrawnCrops } from '../crops/cropSampler.ts'
import { measuredCount } from '../crops/regionMeasurements.ts'
import { branchScale, trainingLoop, type Outcome } from './trainingLoop.ts'
import type { TrainingRecipe } from '../../../models/train/recipes.ts'
import { trainable, type Method } from './trainable.ts'
import type { TrainingFeeds } from './gradientPass.ts'
import { wholePass } from './wholePass.ts'

/**
 * How to train: the whole graph at once or block by block, and the optimiser's numbers in a new file if one is named.
 */
export interface Execution {
  readonly kind: 'whole' | 'blockwise'
  /** How many crops to compute at once; 1 if absent, and block by block. */
  readonly lanes?: number
  readonly stateFile?: string
}

/** Replayed tokens with their targets. They train only the head, together with the crops. */
export interface ReplayBatch {
  readonly tokens: Float32Array
  /** [n, classes]; all entries together add up to the replay's share of the loss */
  readonly targets: Float32Array
  /** [n, classes], from replayExcludedOf */
  readonly excluded: Float32Array
}

/** How the nuclei of a data set take part in the loss. */
export interface SetLoss {
  /** Number of labelled nuclei of each class. Needed if the recipe weights classes. */
  readonly counts?: readonly number[]
  /** The classes that the data set tells apart; all if absent. */
  readonly known?: readonly number[]
}

export interface FullTraining {
  readonly config: NucleusVitConfig
  readonly classes: number
  /** The data sets, in the order that crops name them by; one with all classes if absent. */
  readonly sets?: readonly SetLoss[]
  readonly layout: ParameterLayout
  /** Changed in place. */
  readonly values: Float32Array
  /** Which parameters are trained; all if absent. */
  readonly method?: Method
  /** How memory is used; the whole graph at once if absent. The results differ only by rounding. */
  readonly execution?: Execution
  /** The caller closes them. */
  readonly crops: DrawnCrops<TrainingCrop>
  readonly recipe: TrainingRecipe
  readonly replay?: ReplayBatch
  /**
   * Weight of the loss of measured features. Above 0, the crops are measured and the layout has `measured_head`
   * (featureLoss in models/nucleusVit/pretraining.ts). For whole-graph training only.
   */
  readonly measuredWeight?: number
  readonly random: Random
  /** File from which training can continue after its process ended. */
  readonly checkpoint?: CheckpointFile
  /** Awaited after each crop; throws to cancel. */
  readonly onCrop: (progress: { step: number; of: number; loss: number }) => Promise<void>
  /** Awaited after some steps, while `values` are those of the network as it is then. */
  readonly watch?: {
    isDue(step: number, of: number): boolean
    look(step: number, of: number): Promise<void>
  }
}

/**
 * Trains the network, or the part that `method` selects, on augmented crops around labelled nuclei. Unlabelled nuclei
 * are context and have no target. If there is a checkpoint of the same job, training continues from it and ends with
 * the same weights as without the interruption.
 */
export async function trainNetwork(job: FullTraining): Promise<Outcome> {
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
  const measured = job.measuredWeight ? measuredCount : 0
  const pass = await makePass({ config, classes, model: job, trained, measured, lanes: execution.lanes })
  const { stepsPerEpoch, draw } = feeding(job)
  const outcome = await trainingLoop({
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
    onStep: async (step, of) => {
      if (job.watch?.isDue(step, of)) await trained.during(() => job.watch!.look(step, of))
      return true
    },
    draw,
  })
  trained.finish()
  return outcome
}

/** Returns the number of steps per epoch and the feeds of each step. */
export function feeding(
  job: Pick<FullTraining, 'config' | 'classes' | 'sets' | 'crops' | 'recipe' | 'replay' | 'random' | 'measuredWeight'>,
): {
  readonly stepsPerEpoch: number
  draw(step: number): AsyncGenerator<TrainingFeeds>
} {
  const { config, classes, crops, recipe, random: rng, measuredWeight = 0 } = job
  // Without replay, one token with zero targets allows the same graph and adds nothing to the loss.
  const none = () => new Float32Array(classes)
  const replay = job.replay ?? {
    tokens: new Float32Array(featureWidth(config)),
    targets: none(),
    excluded: none(),
  }
  const replayTargets = replay.targets.map((t) => t / recipe.cropsPerStep)
  const { cropsPerStep, classWeightPower = 0 } = recipe
  const sets = (job.sets ?? [{}]).map(({ counts, known }) => ({
    known,
    excluded: excludedClasses(classes, known),
    classWeights: counts && classWeightPower ? classWeightsOf(counts, classWeightPower) : undefined,
  }))
  return {
    stepsPerEpoch: Math.max(1, Math.round(crops.cropsPerEpoch / cropsPerStep)),
    async *draw(step) {
      const drawn = []
      for (let i = 0; i < cropsPerStep; i++) drawn.push(await crops.at(step * cropsPerStep + i))
      const weightOf = (label: number, set: number) => (label < 0 ? 0 : (sets[set].classWeights?.[label] ?? 1))
      const total = drawn.reduce((n, { crop }) => n + crop.labels.reduce((k, l) => k + weightOf(l, crop.set), 0), 0)
      for (const { crop, feeds } of drawn) {
        const { known, excluded, classWeights } = sets[crop.set]
        yield {
          ...feeds,
          branch_scale: branchScale(config.layers, recipe.dropPath, rng),
          targets: targets(crop.labels, total || 1, { classes, smoothing: recipe.labelSmoothing, classWeights, known }),
          excluded,
          replay_tokens: replay.tokens,
          replay_targets: replayTargets,
          replay_excluded: replay.excluded,
          ...(crop.measured && {
            measured: crop.measured,
            measured_weights: new Float32Array(crop.index.length).fill(
              measuredWeight / cropsPerStep / Math.max(1, crop.index.length),
            ),
          }),
        }
      }
    },
  }
}

/**
 * Returns the weight of each class: its frequency to a power. The mean over the set's nuclei is 1, so that a nucleus of
 * a small set weighs as much as one of a large set.
 */
function classWeightsOf(counts: readonly number[], power: number): number[] {
  const weights = counts.map((n) => Math.max(1, n) ** power)
  const nuclei = counts.reduce((sum, n) => sum + n, 0)
  const mean = weights.reduce((sum, w, c) => sum + w * counts[c], 0) / Math.max(1, nuclei)
  return weights.map((w) => w / (mean || 1))
}

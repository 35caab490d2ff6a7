import { FailureError, message } from '../../contract/index.ts'
import type { ParameterLayout } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'
import { codebookWindow, followRarity } from '../../../models/tokenizer/codebook.ts'
import { stainPlanes } from '../../../models/tokenizer/stainPlanes.ts'
import { type StainTokenizerConfig } from '../../../models/tokenizer/stainTokenizer.ts'
import { clipGradients, parameterGroups } from '../../../models/train/adamW.ts'
import { warmupCosine } from '../../../models/train/schedule.ts'
import { readCheckpoint, writeCheckpoint, type CheckpointFile, type TrainingState } from '../train/checkpoint.ts'
import { assertFinite } from '../train/assertFinite.ts'
import { weightFeeds } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import { memoryArrays, optimiserStep } from '../train/optimiserState.ts'
import { cropSide, nextBatch, type TokenizerBatch, type TokenizerImage } from './sampler.ts'
import { followers, stepOutputs, tokenizerGraph } from './step.ts'
import { nucleusViewSide, pixelsPerToken } from '../../../models/tokenizer/views.ts'

export interface TokenizerRecipe {
  readonly steps: number
  readonly peakRate: number
  readonly endRate: number
  /** Share of the steps during which the learning rate rises. */
  readonly warmup: number
  readonly weightDecay: number
  readonly clip: number
  /**
   * Steps between two updates of the codebook. Checkpoints are written only then, because they do not hold the window.
   */
  readonly windowSteps: number
  /** How far an update moves a code towards the mean of its rows, as a share of the distance. */
  readonly codebookRate: number
}

export const tokenizerRecipe: TokenizerRecipe = {
  steps: 3000,
  peakRate: 1e-3,
  endRate: 1e-5,
  warmup: 0.02,
  weightDecay: 0.01,
  clip: 1,
  windowSteps: 10,
  codebookRate: 0.5,
}

export interface TokenizerTraining {
  readonly config: StainTokenizerConfig
  readonly layout: ParameterLayout
  /** Changed in place. */
  readonly values: Float32Array
  /** Pictures of each data set. */
  readonly sets: readonly (readonly TokenizerImage[])[]
  readonly recipe: TokenizerRecipe
  readonly random: Random
  readonly checkpoint?: CheckpointFile
  /** Continues from the checkpoint. Fails if there is no checkpoint of this job. */
  readonly resume?: boolean
  /** Awaited after each step; throws to cancel. */
  readonly onStep: (progress: { step: number; of: number; error: number; revived: number }) => Promise<void>
}

/**
 * Trains a tokenizer to reconstruct its pictures. `error` is the mean squared error of the stain planes, whose variance
 * is 1: an error of 1 is no better than a uniform grey picture.
 */
export async function runTokenizerTraining(job: TokenizerTraining): Promise<{ firstError: number; lastError: number }> {
  const { config, layout, values, recipe, random, sets } = job
  const gradient = new Float32Array(layout.size)
  const partGradient = new Float32Array(layout.size)
  const part = async (side: number) => {
    const made = tokenizerGraph(config, side)
    const session = await engineSession(made.graph, stepOutputs(made))
    const names = made.graph.parameters.map(({ name }) => name)
    return { side, session, weights: weightFeeds(layout, values, session.parameters), names }
  }
  const parts = { crops: await part(cropSide), nuclei: await part(nucleusViewSide) }
  const into = Object.fromEntries(
    layout.slots.map(({ name, offset, size }) => [`out ${name}`, partGradient.subarray(offset, offset + size)]),
  )
  const groups = parameterGroups(layout, (name) => !followers.includes(name))
  const arrayCount = 2
  const arrays = memoryArrays(layout.size, arrayCount)
  const trained = { layout, values }
  const state: TrainingState = {
    trained,
    arrays,
    arrayCount,
    random,
    step: 0,
    steps: recipe.steps,
    firstLoss: NaN,
    lastLoss: NaN,
  }
  if (job.resume && !(job.checkpoint && (await readCheckpoint(job.checkpoint, state))))
    throw new FailureError('not-found', message('resumeTokenizer', { path: job.checkpoint?.path ?? '?' }))
  const window = codebookWindow(config.vocabulary, config.codeWidth)
  const follower = (name: string) => {
    const { offset, size } = layout.slot(name)
    return values.subarray(offset, offset + size)
  }
  const codebook = follower('codebook')
  const { perplexity } = config

  const trainOn = async (batch: TokenizerBatch, kind: keyof TokenizerBatch): Promise<number> => {
    const { side, session, weights } = parts[kind]
    const count = batch[kind].length / (3 * side * side)
    const image = stainPlanes(batch[kind], side, count, config.scale)
    const perValue = Float32Array.of(0.5 / image.length)
    const perRow = Float32Array.of(0.5 / (count * (side / pixelsPerToken) ** 2))
    const out = await session.run({ ...weights, image, per_value: perValue, per_row: perRow }, into)
    assertFinite(out.loss.data[0] as number, state.step, partGradient, layout)
    for (let k = 0; k < gradient.length; k++) gradient[k] += partGradient[k]
    window.add(out.rows.data as Float32Array, out.codes.data as BigInt64Array)
    return out.error.data[0] as number
  }

  let saved = performance.now()
  let revived = 0
  for (let step = state.step; step < recipe.steps; step++) {
    const batch = await nextBatch(sets, random)
    gradient.fill(0)
    const error = (await trainOn(batch, 'crops')) + (await trainOn(batch, 'nuclei'))
    clipGradients(gradient, groups, recipe.clip)
    const rate = warmupCosine(step, recipe.steps, recipe.warmup * recipe.steps, recipe.peakRate, recipe.endRate)
    optimiserStep(state, gradient, { groups, rate, weightDecay: recipe.weightDecay })
    if (step === 0) state.firstLoss = state.lastLoss = error
    else state.lastLoss = 0.95 * state.lastLoss + 0.05 * error
    const moves = (step + 1) % recipe.windowSteps === 0
    if (moves && perplexity !== undefined)
      followRarity(follower('log_share'), follower('rarity_cost'), window.uses, perplexity)
    if (moves) revived = window.move(codebook, recipe.codebookRate, random)
    await job.onStep({ step: step + 1, of: recipe.steps, error: state.lastLoss, revived })
    if (moves && job.checkpoint && performance.now() - saved >= 1000 * (job.checkpoint.everySeconds ?? 60)) {
      await writeCheckpoint(job.checkpoint, state)
      saved = performance.now()
    }
  }
  return { firstError: state.firstLoss, lastError: state.lastLoss }
}

import { createHash } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import {
  FailureError,
  type NucleiSource,
  type PretrainParams,
  type PretrainingLoss,
  type PretrainProgress,
  type PretrainResult,
  message,
} from '../../contract/index.ts'
import { presetName, writeModelFolder } from '../../formats/weights/modelFolder.ts'
import { random } from '../../../models/nn/random.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import type { AnnotatedImage } from '../../../models/train/augment.ts'
import { stepsOfCheckpoint } from '../train/checkpoint.ts'
import type { CallContext, Handler } from '../handler.ts'
import { maskedCrops } from '../crops/cropStream.ts'
import { maskedAccuracy, type MaskedAccuracy } from './maskedScore.ts'
import { madeAhead } from './madeAhead.ts'
import { maskedFeeds } from './maskedFeeds.ts'
import { otherViews } from './otherView.ts'
import { maskedLayout, maskedPass } from './maskedPass.ts'
import { modelCard } from '../train/modelCard.ts'
import { lanesThatFit, pretrainingMemory } from '../train/memoryPlan.ts'
import { lossesOf } from '../train/sessionPass.ts'
import { branchScale, trainingLoop } from '../train/trainingLoop.ts'
import { engineThreads } from '../runtime/limits.ts'
import {
  pretraining,
  pretrainingOfTrained,
  pretrainingWithStem,
  type PretrainingRecipe,
} from '../../../models/train/recipes.ts'
import { surroundingsWidth } from '../../../models/train/surroundings.ts'
import { measuredCount } from '../crops/regionMeasurements.ts'
import { startingPoint } from '../train/startingPoint.ts'
import { weightsOf } from '../../../models/nn/parameters.ts'
import type { PretrainingTargets } from '../../../models/nucleusVit/pretraining.ts'
import { scratchMpp } from '../crops/trainingMpp.ts'
import { stageReporter, type Report } from '../train/stageReporter.ts'
import { openTargets, type VisualTargets } from '../tokenizer/targets.ts'
import { heldOutOf, planRegions, regionReader, type TrainingRegion } from '../crops/trainingRegions.ts'

/**
 * Trains by masked image modelling on unlabelled nuclei (the paper, section 2.3). Writes an encoder without classes.
 */
export const pretrain: Handler<'pretrain'> = async (params, context) => {
  const started = performance.now()
  const { sources, seed, heldOutShare = 0, losses } = params
  if (await stat(params.out).catch(() => undefined))
    throw new FailureError('invalid-input', message('folderTaken', { path: params.out }))
  if (sources.length === 0) throw new FailureError('empty', message('needsImage'))
  const tokens = await openTargets(params.tokenizer)
  if (losses.includes('surroundings') && tokens.features === 0)
    throw new FailureError('invalid-input', message('surroundingsNeedStem', { id: tokens.id }))
  const report = stageReporter(context)
  report('reading', 0, 1)
  const start = await startingPoint({ model: params.model, classes: [], slides: [] }, random(seed))
  const { config: network } = start
  if (network.stem && !start.parent) throw new FailureError('invalid-input', message('pretrainNoStem'))
  if (losses.includes('views') && !network.stem) throw new FailureError('invalid-input', message('viewsNeedStem'))
  const isTrained = (start.parent?.json.classes.length ?? 0) > 0
  const recipe = network.stem ? (isTrained ? pretrainingOfTrained : pretrainingWithStem) : pretraining(network.width)
  const config = { ...network, imageSize: recipe.cropSize ?? network.imageSize }
  const targets = targetCounts(tokens, losses)
  const layout = maskedLayout(config, targets)
  const values = initialise(layout, random(seed), config)
  if (start.parent)
    for (const { name } of start.layout.slots) values.set(weightsOf(start, name), layout.slot(name).offset)
  const weights = { layout, values }
  const trains = (name: string) => !recipe.still.some((beginning) => name.startsWith(beginning))
  const mpp = start.parent ? start.mpp : await scratchMpp(sources, network.imageSize)
  const crops = await maskedCrops({
    ...{ sources, config, mpp, recipe, seed, heldOutShare },
    seen: tokens.seen,
    measured: losses.includes('measured'),
    twoViews: targets.views,
  })
  let waited = 0
  try {
    const lanes = await lanesThatFit(engineThreads(), (count) =>
      pretrainingMemory(config, recipe, layout, { trains, lanes: count }),
    )
    const pass = await maskedPass({ config, targets, weights, losses, trains, lanes })
    const withOther = targets.views ? await otherViews(config, targets, weights) : undefined
    const rng = random(params.seed + 1)
    const begun = rng.save()
    const prepared = madeAhead(async (k: number) => {
      const drawn = await crops.at(k)
      const arrived = performance.now()
      const feeds = await maskedFeeds(drawn, config, tokens, {
        share: 1 / recipe.cropsPerStep,
        featureWeight: recipe.featureWeight,
        mpp: losses.includes('surroundings') ? mpp : undefined,
      })
      return { crop: drawn.crop, arrived, feeds }
    })
    const draw = async function* (step: number) {
      const [first, next] = [step, step + 1].map((at) => at * recipe.cropsPerStep)
      for (let k = first; k < next; k++) {
        const asked = performance.now()
        const { crop, arrived, feeds } = await prepared.take(k)
        waited += Math.max(0, arrived - asked)
        const complete = (await withOther?.(feeds, crop)) ?? feeds
        // While lanes compute these crops, this thread prepares those of the next step.
        if (lanes > 1 && k === next - 1) void prepared.ahead(next, recipe.cropsPerStep)
        yield { ...complete, branch_scale: branchScale(config.layers, recipe.dropPath, rng) }
      }
    }
    const checkpoint = {
      path: params.checkpoint,
      key: pretrainingKey(params, recipe, tokens, start.parent?.json.weightsHash),
    }
    const stepsBefore = await stepsOfCheckpoint(checkpoint)
    if (params.resume && stepsBefore === undefined) throw otherJob(checkpoint.path, tokens)
    const steps =
      stepsBefore ??
      (await stepsFor(params.length, crops.cropsPerEpoch / recipe.cropsPerStep, async (step) => {
        const scratch = new Float32Array(layout.size)
        for await (const loss of lossesOf(pass, draw(step), scratch)) void loss
      }))
    rng.restore(begun) // as if no steps had been timed
    const unseen = await unseenRegions(params, mpp, config.imageSize)
    const score = (regions: readonly UnseenRegion[], tell = report) =>
      maskedAccuracy(config, weights, tokens, heldOutImages(regions, mpp, tell, context), random(7))
    const silent = () => undefined // the stage stays 'training'
    const watch = watched(evenly(unseen, regionsWatched), (some) => score(some, silent), params.untilFlat ?? false)
    const outcome = await trainingLoop({
      trained: weights,
      trains,
      pass,
      recipe,
      layers: config.layers,
      steps,
      warmup: Math.min(recipe.warmupSteps, Math.ceil(steps / 10)),
      random: rng,
      checkpoint,
      draw,
      onCrop: async ({ step, of, loss }) => {
        report('training', step, of, loss)
        await context.breathe()
      },
      onStep: watch.onStep,
    })
    const heldOut = unseen.length === 0 ? null : await score(unseen)
    report('saving', 0, 1)
    const seconds = (performance.now() - started) / 1000
    const description = {
      title: params.title ?? `Nucleus ViT ${presetName(network)}, pre-trained`,
      architecture: network,
      classes: [],
      mpp,
      ...(start.views && { views: start.views }),
      lineage: start.parent ? [...start.parent.json.lineage, start.parent.json.id] : [],
      created: new Date().toISOString(),
      licence: 'not stated',
      training: {
        method: `masked image modelling: ${losses.join(', ')}`,
        tokenizer: tokens.id,
        vocabulary: tokens.nucleusVocabulary,
        recipe,
        seed: params.seed,
        sources: params.sources.length,
        nuclei: params.sources.reduce((n, { nuclei }) => n + nuclei.count, 0),
        steps: outcome.steps,
        crops: outcome.steps * recipe.cropsPerStep,
        firstLoss: outcome.firstLoss,
        lastLoss: outcome.lastLoss,
        heldOut,
        curve: watch.curve,
        seconds: Math.round(seconds),
      },
      metric: '',
    }
    const written = await writeModelFolder(params.out, {
      description,
      weights: layout.slots.map(
        ({ name, shape, offset, size }) => [name, { shape, data: values.subarray(offset, offset + size) }] as const,
      ),
      replay: undefined,
      card: modelCard(description),
    })
    await rm(params.checkpoint, { force: true })
    return {
      model: written.path,
      weightsHash: written.json.weightsHash,
      steps: outcome.steps,
      crops: outcome.steps * recipe.cropsPerStep,
      firstLoss: outcome.firstLoss,
      lastLoss: outcome.lastLoss,
      heldOut,
      curve: watch.curve,
      waited: waited / 1000,
      seconds,
    }
  } finally {
    await crops.close()
  }
}

const targetCounts = (
  { patchVocabulary, nucleusVocabulary, perNucleus, features }: VisualTargets,
  losses: readonly PretrainingLoss[],
): PretrainingTargets => ({
  ...{ patchVocabulary, nucleusVocabulary, perNucleus },
  measured: losses.includes('measured') ? measuredCount : 0,
  surroundings: losses.includes('surroundings') ? surroundingsWidth(features) : 0,
  views: losses.includes('views'),
})

const otherJob = (path: string, { id, nucleusVocabulary: vocabulary }: VisualTargets) =>
  new FailureError('invalid-input', message('resumePretraining', { path, id, vocabulary }))

/**
 * Range of steps that are timed. The first two warm up; several are timed because the number of nuclei varies.
 */
const paced = { from: 2, to: 8 }

/** Converts minutes to steps by timing a few steps. */
async function stepsFor(
  length: PretrainParams['length'],
  stepsPerEpoch: number,
  take: (step: number) => Promise<void>,
): Promise<number> {
  if ('steps' in length) return length.steps
  if ('epochs' in length) return Math.max(1, Math.round(length.epochs * stepsPerEpoch))
  for (let step = 0; step < paced.from; step++) await take(step)
  const started = performance.now()
  for (let step = paced.from; step < paced.to; step++) await take(step)
  const each = (performance.now() - started) / (paced.to - paced.from)
  return Math.max(1, Math.round((60_000 * length.minutes) / each))
}

/** How often held-out regions are scored while training, and how many of them. */
const looks = 20
const regionsWatched = 6
/** Training that is to end when nothing more is gained ends after so many looks without a better score. */
const patience = 4

/** Returns up to `most` of the regions, evenly spaced. */
const evenly = (regions: readonly UnseenRegion[], most: number): UnseenRegion[] =>
  Array.from(
    { length: Math.min(most, regions.length) },
    (_, k) => regions[Math.floor((k * regions.length) / Math.min(most, regions.length))],
  )

/**
 * Scores held-out regions now and then. With `untilFlat` it ends the training when the sum of both accuracies has not
 * risen for four looks. Resumed training begins a new count.
 */
function watched(
  regions: readonly UnseenRegion[],
  score: (regions: readonly UnseenRegion[]) => Promise<MaskedAccuracy>,
  untilFlat: boolean,
) {
  const curve: PretrainResult['curve'] = []
  let best = { accuracy: 0, at: 0 }
  return {
    curve,
    async onStep(step: number, of: number): Promise<boolean> {
      const every = Math.max(1, Math.round(of / looks))
      if (regions.length === 0 || step % every !== 0 || step === of) return true
      const { patches, nuclei } = await score(regions)
      curve.push({ step, patches: patches.accuracy, nuclei: nuclei?.accuracy ?? null })
      const accuracy = patches.accuracy + (nuclei?.accuracy ?? 0)
      if (accuracy > best.accuracy) best = { accuracy, at: curve.length }
      return !untilFlat || curve.length - best.at < patience
    },
  }
}

/** A held-out region with the sources that its index refers to. */
interface UnseenRegion {
  readonly sources: readonly NucleiSource[]
  readonly region: TrainingRegion
}

/** Returns the held-out regions: those of held-out sources, and those left out of the training sources. */
async function unseenRegions(
  { sources, heldOut, heldOutShare = 0, seed }: PretrainParams,
  mpp: number,
  cropSize: number,
): Promise<UnseenRegion[]> {
  const whole = await planRegions(heldOut, mpp, cropSize)
  const parts = heldOutShare > 0 ? await planRegions(sources, mpp, cropSize) : []
  return [
    ...whole.map((region) => ({ sources: heldOut, region })),
    ...Array.from(heldOutOf(parts, heldOutShare, seed), (i) => ({ sources, region: parts[i] })),
  ]
}

/** Reads the held-out regions one after another. */
async function* heldOutImages(
  regions: readonly UnseenRegion[],
  mpp: number,
  report: Report<PretrainProgress['stage']>,
  context: CallContext<'pretrain'>,
): AsyncGenerator<AnnotatedImage> {
  const readers = new Map<readonly NucleiSource[], ReturnType<typeof regionReader>>()
  try {
    for (const [i, { sources, region }] of regions.entries()) {
      report('scoring', i, regions.length)
      await context.breathe()
      const reader = readers.get(sources) ?? regionReader(sources, mpp)
      readers.set(sources, reader)
      yield await reader.read(region)
    }
  } finally {
    for (const reader of readers.values()) await reader.close()
  }
}

/** Returns a hash of everything that determines the result of a training, except the machine. */
export function pretrainingKey(
  { sources, model, losses, seed, heldOutShare = 0 }: PretrainParams,
  recipe: PretrainingRecipe,
  { id, hash: tokens }: Pick<VisualTargets, 'id' | 'hash'>,
  parentHash?: string,
): string {
  const hash = createHash('sha256').update(
    JSON.stringify([parentHash ?? model, losses, seed, id, tokens, recipe, heldOutShare]),
  )
  for (const { slide, mpp, nuclei } of sources) {
    hash.update(`${slide} ${mpp}`)
    for (const column of [nuclei.origin, nuclei.box])
      hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  }
  return hash.digest('hex')
}

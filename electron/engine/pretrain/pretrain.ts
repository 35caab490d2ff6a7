import { createHash } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import {
  FailureError,
  type NucleiSource,
  type PretrainParams,
  type PretrainProgress,
  message,
} from '../../contract/index.ts'
import { presetConfig, presetName, writeModelFolder } from '../../formats/weights/modelFolder.ts'
import { random } from '../../../models/nn/random.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import type { AnnotatedImage } from '../../../models/train/augment.ts'
import { stepsOfCheckpoint } from '../train/checkpoint.ts'
import type { CallContext, Handler } from '../handler.ts'
import { maskedCrops } from '../crops/cropStream.ts'
import { maskedAccuracy } from './maskedScore.ts'
import { maskedFeeds } from './maskedFeeds.ts'
import { maskedLayout, maskedPass } from './maskedPass.ts'
import { modelCard } from '../train/modelCard.ts'
import { branchScale, trainingLoop } from '../train/trainingLoop.ts'
import { pretraining, type PretrainingRecipe } from '../../../models/train/recipes.ts'
import { scratchMpp } from '../crops/trainingMpp.ts'
import { stageReporter, type Report } from '../train/stageReporter.ts'
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizers.ts'
import { heldOutOf, planRegions, regionReader, type TrainingRegion } from '../crops/trainingRegions.ts'

/**
 * Trains by masked image modelling on unlabelled nuclei (the paper, section 2.3). Writes an encoder without classes.
 */
export const pretrain: Handler<'pretrain'> = async (params, context) => {
  const started = performance.now()
  const config = presetConfig(params.preset)
  if (config.stem) throw new FailureError('invalid-input', message('pretrainNoStem'))
  if (await stat(params.out).catch(() => undefined))
    throw new FailureError('invalid-input', message('folderTaken', { path: params.out }))
  if (params.sources.length === 0) throw new FailureError('empty', message('needsImage'))
  const tokenizer = await openTokenizer(params.tokenizer)
  const report = stageReporter(context)
  report('reading', 0, 1)
  const layout = maskedLayout(config, tokenizer.vocabulary)
  const values = initialise(layout, random(params.seed), config)
  const weights = { layout, values }
  const recipe = pretraining(config.width)
  const trains = (name: string) => !recipe.still.some((beginning) => name.startsWith(beginning))
  const mpp = await scratchMpp(params.sources, config.imageSize)
  const { sources, seed, heldOutShare = 0 } = params
  const crops = await maskedCrops({ sources, config, mpp, recipe, seed, heldOutShare })
  let waited = 0
  try {
    const pass = await maskedPass({
      config,
      vocabulary: tokenizer.vocabulary,
      weights,
      instanceLoss: params.instanceLoss,
      trains,
    })
    const rng = random(params.seed + 1)
    const start = rng.save()
    const draw = async function* (step: number) {
      for (let i = 0; i < recipe.cropsPerStep; i++) {
        const asked = performance.now()
        const drawn = await crops.at(step * recipe.cropsPerStep + i)
        waited += performance.now() - asked
        const feeds = await maskedFeeds(drawn, tokenizer, 1 / recipe.cropsPerStep)
        yield { ...feeds, branch_scale: branchScale(config.layers, recipe.dropPath, rng) }
      }
    }
    const checkpoint = { path: params.checkpoint, key: pretrainingKey(params, recipe, tokenizer) }
    const stepsBefore = await stepsOfCheckpoint(checkpoint)
    if (params.resume && stepsBefore === undefined) throw otherJob(checkpoint.path, tokenizer)
    const steps =
      stepsBefore ??
      (await stepsFor(params.length, crops.cropsPerEpoch / recipe.cropsPerStep, async (step) => {
        const scratch = new Float32Array(layout.size)
        for await (const feeds of draw(step)) await pass.run(feeds, scratch, false)
      }))
    rng.restore(start) // as if no steps had been timed
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
    })
    const unseen = await unseenRegions(params, mpp, config.imageSize)
    const heldOut =
      unseen.length === 0
        ? null
        : await maskedAccuracy(config, weights, tokenizer, heldOutImages(unseen, mpp, report, context), random(7))
    report('saving', 0, 1)
    const seconds = (performance.now() - started) / 1000
    const description = {
      title: params.title ?? `Nucleus ViT ${presetName(config)}, pre-trained`,
      architecture: config,
      classes: [],
      mpp,
      lineage: [],
      created: new Date().toISOString(),
      licence: 'not stated',
      training: {
        method: params.instanceLoss ? 'masked image modelling, patches and nuclei' : 'masked image modelling, patches',
        tokenizer: tokenizer.id,
        vocabulary: tokenizer.vocabulary,
        recipe,
        seed: params.seed,
        sources: params.sources.length,
        nuclei: params.sources.reduce((n, { nuclei }) => n + nuclei.count, 0),
        steps: outcome.steps,
        crops: outcome.steps * recipe.cropsPerStep,
        firstLoss: outcome.firstLoss,
        lastLoss: outcome.lastLoss,
        heldOut,
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
      waited: waited / 1000,
      seconds,
    }
  } finally {
    await crops.close()
  }
}

const otherJob = (path: string, { id, vocabulary }: Tokenizer) =>
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
  { sources, preset, instanceLoss, seed, heldOutShare = 0 }: PretrainParams,
  recipe: PretrainingRecipe,
  { id, hash: tokens }: Pick<Tokenizer, 'id' | 'hash'>,
): string {
  const hash = createHash('sha256').update(
    JSON.stringify([preset, instanceLoss, seed, id, tokens, recipe, heldOutShare]),
  )
  for (const { slide, mpp, nuclei } of sources) {
    hash.update(`${slide} ${mpp}`)
    for (const column of [nuclei.origin, nuclei.box])
      hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  }
  return hash.digest('hex')
}

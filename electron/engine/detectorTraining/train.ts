import { createHash } from 'node:crypto'
import { mkdir, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import {
  FailureError,
  message,
  systemFailure,
  type DetectorSource,
  type TrainDetectorParams,
} from '../../contract/index.ts'
import { sibling } from '../../threads/index.ts'
import { writeDetectorFolder } from '../../formats/weights/detectorFolder.ts'
import { random } from '../../../models/nn/random.ts'
import { weightsOf } from '../../../models/nn/parameters.ts'
import { detectorMpp } from '../../../models/detector/config.ts'
import { detectorAugmentation } from '../../../models/detector/trainingCrop.ts'
import type { OptimiserRecipe } from '../../../models/train/recipes.ts'
import type { DrawnCrops } from '../crops/cropSampler.ts'
import { drawnCrops } from '../crops/cropStream.ts'
import type { Drawn } from '../crops/cropStreamWorker.ts'
import type { Handler } from '../handler.ts'
import { stepsOfCheckpoint, type CheckpointFile } from '../train/checkpoint.ts'
import { lanesThatFit } from '../train/memoryPlan.ts'
import { lossesOf } from '../train/sessionPass.ts'
import { trainingLoop } from '../train/trainingLoop.ts'
import { engineThreads } from '../runtime/limits.ts'
import { detectorCard } from './card.ts'
import type { CropCounts, DetectorCropJob, DetectorFeeds } from './cropWorker.ts'
import { detectorPass, firstDetector, trainedPart } from './pass.ts'

/** Side of a crop, pixels: 102 µm at 0.4 µm per pixel. */
const side = 256
const detectorRecipe: OptimiserRecipe & { readonly warmupSteps: number } = {
  peakRate: 1.5e-3,
  endRate: 1.5e-5,
  weightDecay: 0.02,
  layerDecay: 1,
  dropPath: 0,
  cropsPerStep: 6,
  clip: 5,
  average: 0.995,
  /** Relative learning rate of the stem, which was trained on ImageNet. */
  stemRate: 0.2,
  warmupSteps: 50,
}
/** Peak learning rate of a detector that was trained before. At the full rate it would first forget. */
const goOnRate = 7.5e-4
/** Minimum probability of a nucleus. Chosen on the validation tiles of the built-in detector's training. */
const threshold = 0.33

/** Estimates the peak memory of the process, MB (10⁶ bytes). Measured with one lane and with two. */
const detectorMemory = (lanes: number): number => 250 + 160 * lanes

/** Trains a detector and writes its folder. An interrupted run leaves a checkpoint to continue from. */
export const trainDetector: Handler<'trainDetector'> = async (params, context) => {
  const started = performance.now()
  const { out, seed, sources, threads } = params
  await checkParams(params)
  const rng = random(seed)
  const { config, ...model } = await firstDetector(params.start, params.mpp, rng)
  const recipe = 'detector' in params.start ? { ...detectorRecipe, peakRate: goOnRate } : detectorRecipe
  const job: DetectorCropJob = { sources, side, mpp: config.mpp, augmentation: detectorAugmentation, seed }
  const key = createHash('sha256')
    .update(JSON.stringify([job, config, recipe]))
    .update(new Uint8Array(model.values.buffer))
    .digest('hex')
  const checkpoint = { path: params.checkpoint, key }
  if (params.resume) await needCheckpoint(checkpoint)
  else await makeRoom(checkpoint)
  const crops = await drawnCrops<DetectorCropJob, CropCounts, DetectorFeeds>(
    sibling(import.meta.url, './cropWorker'),
    job,
  )
  try {
    const trained = trainedPart(model)
    const lanes = await lanesThatFit(threads ?? engineThreads(), detectorMemory)
    const pass = await detectorPass(config, side, model, trained, { lanes, threads })
    const stepsBefore = params.resume ? await stepsOfCheckpoint(checkpoint) : undefined
    const steps = stepsBefore ?? (await stepsFor(params.length, crops, pass, trained.layout.size))
    const began = performance.now()
    let first: number | undefined
    const outcome = await trainingLoop({
      trained,
      pass,
      recipe,
      layers: 0,
      steps,
      warmup: detectorRecipe.warmupSteps,
      draw: (step) => feedsOfStep(crops, step),
      random: rng,
      checkpoint,
      onCrop: async ({ step, of, loss }) => {
        await context.breathe()
        first ??= step
        const perStep = (performance.now() - began) / 1000 / Math.max(step - first, 1e-9)
        if (Number.isInteger(step)) context.progress({ step, of, loss, secondsLeft: perStep * (of - step) })
      },
    })
    for (const { name } of trained.layout.slots) weightsOf(model, name).set(weightsOf(trained, name))
    const description = {
      title: params.title ?? 'Nucleus detector',
      architecture: config,
      threshold,
      created: new Date().toISOString(),
      licence: params.licence ?? 'not stated',
      training: {
        ...('detector' in params.start ? { wentOnFrom: basename(params.start.detector) } : {}),
        sources: sources.map(described),
        steps,
        crops: steps * detectorRecipe.cropsPerStep,
        mpp: config.mpp,
        seed,
        loss: outcome.lastLoss,
      },
    }
    const weights = model.layout.slots.map(
      ({ name, shape, offset, size }) =>
        [name, { shape, data: Float16Array.from(model.values.subarray(offset, offset + size)) }] as const,
    )
    const { weightsHash } = await writeDetectorFolder(out, description, weights, detectorCard)
    await rm(checkpoint.path, { force: true })
    const { firstLoss, lastLoss } = outcome
    const seconds = (performance.now() - started) / 1000
    return {
      detector: out,
      weightsHash,
      steps,
      crops: steps * detectorRecipe.cropsPerStep,
      firstLoss,
      lastLoss,
      seconds,
    }
  } finally {
    await crops.close()
  }
}

/** Yields the feeds of a step's crops, scaled to their share of the step's centres and known cells. */
async function* feedsOfStep(crops: DrawnCrops<CropCounts, DetectorFeeds>, step: number) {
  const drawn: Drawn<CropCounts, DetectorFeeds>[] = []
  for (let i = 0; i < detectorRecipe.cropsPerStep; i++)
    drawn.push(await crops.at(step * detectorRecipe.cropsPerStep + i))
  const total = (count: keyof CropCounts) =>
    Math.max(
      1,
      drawn.reduce((sum, { crop }) => sum + crop[count], 0),
    )
  const [perCentre, perKnown] = [1 / total('centres'), 1 / total('knownCells')]
  for (const { feeds } of drawn)
    yield {
      ...feeds,
      per_centre: Float32Array.of(perCentre),
      per_known: Float32Array.of(perKnown),
    }
}

/** Describes a source by its folder's name, because a card must not reveal the machine it was made on. */
const described = ({ data, ...source }: DetectorSource) => ({ data: data.split('/').slice(-2).join('/'), ...source })

async function checkParams({ out, length, sources, mpp }: TrainDetectorParams): Promise<void> {
  if (await stat(out).catch(() => undefined))
    throw new FailureError('invalid-input', message('folderTaken', { path: out }))
  const { least, most } = detectorMpp
  if (mpp !== undefined && !(mpp >= least && mpp <= most))
    throw new FailureError('invalid-input', message('detectorMppRange', { least, most, given: mpp }))
  if ('steps' in length && length.steps < 1) throw new FailureError('invalid-input', message('needsStep'))
  if (sources.length === 0) throw new FailureError('empty', message('needsSource'))
}

/** Range of steps that are timed. The first are excluded because they open the graph and read the pictures. */
const paced = { from: 2, to: 8 }

/** Converts minutes to steps by timing a few steps, whose gradients are not used. */
async function stepsFor(
  length: TrainDetectorParams['length'],
  crops: DrawnCrops<CropCounts, DetectorFeeds>,
  pass: Awaited<ReturnType<typeof detectorPass>>,
  size: number,
): Promise<number> {
  if ('steps' in length) return length.steps
  const gradient = new Float32Array(size)
  let began = 0
  for (let step = 0; step < paced.to; step++) {
    if (step === paced.from) began = performance.now()
    for await (const loss of lossesOf(pass, feedsOfStep(crops, step), gradient)) void loss
  }
  const perStep = (performance.now() - began) / (paced.to - paced.from)
  return Math.max(1, Math.round((60_000 * length.minutes) / perStep))
}

async function needCheckpoint(checkpoint: CheckpointFile): Promise<void> {
  if ((await stepsOfCheckpoint(checkpoint)) === undefined)
    throw new FailureError('not-found', message('resumeDetector', { path: checkpoint.path }))
}

/** Creates the checkpoint's folder and removes an older checkpoint, so that a failure shows before hours are spent. */
async function makeRoom({ path }: CheckpointFile): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await rm(path, { force: true })
  } catch (error) {
    const failure = systemFailure(error, { do: 'writeFile', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
}

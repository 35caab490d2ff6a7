import { createHash } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { concatenated, FailureError, type FinetuneParams, type Message, message } from '../../contract/index.ts'
import {
  inheritedCalibration,
  presetName,
  readModelWeights,
  writeModelFolder,
} from '../../formats/weights/modelFolder.ts'
import type { LoraOptions } from '../../../models/nn/lora.ts'
import { layoutOf, weightsOf, type Weights } from '../../../models/nn/parameters.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { random, type Random } from '../../../models/nn/random.ts'
import { needRoom } from './checkpoint.ts'
import { planMemory } from './memoryPlan.ts'
import { measuredCount } from '../crops/regionMeasurements.ts'
import { labelledCrops } from '../crops/cropStream.ts'
import type { CallContext, Handler } from '../handler.ts'
import { lanesFor } from '../runtime/lanes.ts'
import { engineThreads } from '../runtime/limits.ts'
import type { HeadNow } from '../head/head.ts'
import { fineTuneHead, sharesOf } from '../head/fineTuneHead.ts'
import { heldOutJudge, type Watch } from '../head/heldOutLabels.ts'
import { tokensOfLabelled, type LabelledTokens } from '../head/labelledTokens.ts'
import { modelCard } from './modelCard.ts'
import {
  corrections,
  fromEncoder,
  fromParent,
  fromScratch,
  fromStem,
  fromTrainedStem,
  loraCorrections,
  loraFromParent,
  type TrainingRecipe,
} from '../../../models/train/recipes.ts'
import { labelShare, newReplay, replayExcludedOf, replayTargetsOf } from '../head/replay.ts'
import { stageReporter, type Report } from './stageReporter.ts'
import { startingPoint, type Start } from './startingPoint.ts'
import { defaultRank, loraOfRank, type Method } from './trainable.ts'
import { trainNetwork } from './trainNetwork.ts'
import type { HeldOutScore } from '../../../models/statistics/heldOutScore.ts'

/** Number of corrections at which the whole network learns at half the recipe's peak rate. Fewer mean a lower rate. */
const fullRateLabels = 200
/** From this many labelled nuclei on, the labels count as a data set; below, as a reader's corrections. */
const dataSetSize = 2000

/** Trains on human labels only and writes a new model folder. The parent is never changed. */
export const finetune: Handler<'finetune'> = async (params, context) => {
  const started = performance.now()
  const labelled = params.slides.reduce((n, s) => n + s.index.length, 0)
  if (labelled === 0) throw new FailureError('empty', message('needsLabels'))
  if (await stat(params.out).catch(() => undefined))
    throw new FailureError('invalid-input', message('folderTaken', { path: params.out }))
  const rng = random(params.seed)
  const start = await startingPoint(params, rng)
  const report = stageReporter(context)
  const json = start.parent?.json
  // A reader's labels are no fair sample (the queue asks about hard nuclei first), so nothing is fitted on them.
  const calibration = json && labelled < dataSetSize ? inheritedCalibration(json, params.classes) : undefined
  const judge = await heldOutJudge(params, start, context, report)
  const outcome =
    params.method === 'head'
      ? await trainHeadOnly(params, start, context, report, { watch: judge?.watch })
      : await fineTuneAll(params, methodOf(params, start), start, context, { rng, report, watch: judge?.watch })
  const heldOut = await judge?.score(calibration)

  report('saving', 0, 1)
  const tokens = () => Promise.resolve(outcome.labelledTokens ?? tokensUnderNewEncoder(params, start, context))
  const replay = await newReplay(start, labelled >= dataSetSize, params.sets, tokens, rng)
  const training = {
    method: params.method,
    ...outcome.lora,
    recipe: outcome.recipe,
    seed: params.seed,
    labelled,
    perClass: Object.fromEntries(params.classes.map((name, c) => [name, count(params, c)])),
    ...(params.sets && { sources: params.sets.map(({ share, card }) => ({ ...card, ...(share && { share }) })) }),
    steps: outcome.steps,
    firstLoss: outcome.firstLoss,
    lastLoss: outcome.lastLoss,
    seconds: Math.round((performance.now() - started) / 1000),
    ...(heldOut && { heldOut: { ...params.heldOut?.record, ...heldOut } }),
  }
  const description = {
    title: params.title ?? (json ? `${json.title}, fine-tuned` : `Nucleus ViT ${presetName(start.config)}`),
    architecture: start.config,
    classes: params.classes,
    mpp: start.mpp,
    ...(start.views && { views: start.views }),
    lineage: json ? [...json.lineage, json.id] : [],
    created: new Date().toISOString(),
    licence: json?.licence ?? 'not stated',
    training,
    metric: heldOut ? metricOf(heldOut) : '',
    ...(calibration && { calibration }),
    // Of a data set's training nobody has measured the tiles yet (karyon models stains).
    ...(labelled < dataSetSize && json?.stains && { stains: json.stains }),
  }
  const written = await writeModelFolder(params.out, {
    description,
    weights: start.layout.slots.map(
      ({ name, shape, offset, size }) => [name, { shape, data: start.values.subarray(offset, offset + size) }] as const,
    ),
    replay,
    card: modelCard(description),
  })
  // Training the head alone writes no checkpoint, so a file at that path belongs to something else.
  if (params.checkpoint !== undefined && params.method !== 'head') await rm(params.checkpoint, { force: true })
  return {
    model: written.path,
    weightsHash: written.json.weightsHash,
    steps: outcome.steps,
    firstLoss: outcome.firstLoss,
    lastLoss: outcome.lastLoss,
    labelled,
    seconds: (performance.now() - started) / 1000,
    ...(heldOut && { heldOut }),
    ...(outcome.note !== undefined && { note: outcome.note }),
  }
}

/**
 * Returns the training method. Throws FailureError 'invalid-input' for LoRA without a parent or with an impossible
 * rank.
 */
function methodOf({ method, rank = defaultRank, ...params }: FinetuneParams, { config, parent }: Start): Method {
  if (method === 'full') {
    const isDataSet = params.slides.reduce((n, s) => n + s.index.length, 0) >= dataSetSize
    const stem = params.stem ?? (isDataSet ? 'trained' : 'frozen')
    return config.stem && stem === 'frozen' ? { kind: 'full', stem } : { kind: 'full' }
  }
  if (method === 'head') return { kind: 'head' }
  if (!parent) throw new FailureError('invalid-input', message('loraNeedsParent'))
  if (!Number.isInteger(rank) || rank < 1 || rank > config.width)
    throw new FailureError('invalid-input', message('loraRank', { width: config.width, rank, good: defaultRank }))
  return { kind: 'lora', lora: loraOfRank(rank) }
}

/** Counts the labelled nuclei of a class, in all data sets or in one. */
const count = ({ slides }: FinetuneParams, c: number, set?: number): number =>
  slides
    .filter((s) => set === undefined || (s.set ?? 0) === set)
    .reduce((n, s) => n + s.label.reduce((k, l) => k + (l === c ? 1 : 0), 0), 0)

interface Outcome {
  steps: number
  firstLoss: number
  lastLoss: number
  recipe: Record<string, unknown>
  lora?: LoraOptions
  note?: Message
  /** Tokens of the labelled nuclei under the new encoder, if they are already known. */
  labelledTokens?: LabelledTokens
}
async function trainHeadOnly(
  params: FinetuneParams,
  start: Start,
  context: CallContext<'finetune'>,
  report: Report,
  { mayConverge = true, watch }: { readonly mayConverge?: boolean; readonly watch?: Watch } = {},
): Promise<Outcome> {
  if (!start.parent) throw new FailureError('invalid-input', message('headNeedsParent'))
  const labelledTokens = await tokensOfLabelled(params, start, context, report)
  const onStep = async (step: number, of: number, loss: number, now: () => HeadNow) => {
    report('training', step, of, loss)
    await context.breathe()
    if (!watch?.isDue(step, of)) return
    const { weight, bias } = now()
    const layout = layoutOf([
      { name: 'head.weight', shape: start.layout.slot('head.weight').shape },
      { name: 'head.bias', shape: start.layout.slot('head.bias').shape },
    ])
    const values = concatenated(Float32Array, [weight, bias])
    await watch.look(step, of, { ...start, layout, values })
  }
  return { ...(await fineTuneHead(params, start, labelledTokens, onStep, mayConverge)), labelledTokens }
}

async function fineTuneAll(
  params: FinetuneParams,
  method: Method,
  start: Start,
  context: CallContext<'finetune'>,
  { rng, report, watch }: { readonly rng: Random; readonly report: Report; readonly watch?: Watch },
): Promise<Outcome> {
  const classes = params.classes.length
  const labelled = params.slides.reduce((n, s) => n + s.index.length, 0)
  const isDataSet = labelled >= dataSetSize
  const isCorrection = start.parent !== undefined && !isDataSet
  const base = recipeOf(method, start, isDataSet)
  const peakRate = isCorrection ? (base.peakRate * labelled) / (labelled + fullRateLabels) : base.peakRate
  const recipe = { ...base, peakRate, ...(params.epochs ? { epochs: params.epochs } : {}) }
  const checkpoint =
    params.checkpoint === undefined
      ? undefined
      : { path: params.checkpoint, key: jobKey(params, start, method, recipe) }
  if (checkpoint) await needRoom(checkpoint)
  // Train the head first, then the rest (Kumar et al. 2022). With a trained head the features change, and are
  // distorted, far less. The fewer labels there are, the less they may change.
  if (isCorrection) await trainHeadOnly({ ...params, epochs: undefined }, start, context, report)
  // Do not converge here: a head at its optimum on plain crops is far too confident on augmented ones.
  else if (isEncoder(start) && !start.config.stem)
    await trainHeadOnly({ ...params, epochs: undefined }, start, context, report, { mayConverge: false })
  const config = { ...start.config, imageSize: recipe.cropSize ?? start.config.imageSize }
  const { execution, note } = planMemory(params, method, { ...start, config }, recipe, await lanesFor(engineThreads()))
  const share = isDataSet ? 1 : labelShare(labelled, start.replay)
  const replayTargets = share < 1 ? replayTargetsOf(start, classes, (1 - share) / share) : undefined
  report('reading', 0, 1)
  const measuredWeight = method.kind === 'full' && execution.kind === 'whole' ? (params.measuredWeight ?? 0) : 0
  const model = measuredWeight > 0 ? await withMeasuredHead(start, rng) : start
  const crops = await labelledCrops({
    sources: params.slides.map(({ slide, mpp, nuclei, index, label, set }) => ({
      ...{ slide, mpp, nuclei, index, label, set },
    })),
    shares: sharesOf(params),
    config,
    mpp: start.mpp,
    recipe,
    classes,
    seed: params.seed,
    measured: measuredWeight > 0,
  })
  /** Copies what was trained to the network, where another head was trained beside it. */
  const takeOver = () => {
    if (model !== start) for (const { name } of start.layout.slots) weightsOf(start, name).set(weightsOf(model, name))
  }
  try {
    const outcome = await trainNetwork({
      method,
      execution,
      config,
      classes,
      sets: (params.sets ?? [undefined]).map((set, s) => ({
        known: set?.known,
        // Drawn as if of one data set, nuclei are also weighted so.
        counts: params.classes.map((_, c) => count(params, c, set?.share === undefined ? undefined : s)),
      })),
      layout: model.layout,
      values: model.values,
      measuredWeight,
      crops,
      recipe,
      random: rng,
      checkpoint,
      replay:
        replayTargets && start.replay
          ? {
              tokens: start.replay.tokens,
              targets: replayTargets,
              excluded: replayExcludedOf(start.replay, classes),
            }
          : undefined,
      watch: watch && {
        isDue: watch.isDue,
        async look(step, of) {
          takeOver()
          await watch.look(step, of)
        },
      },
      onCrop: async ({ step, of, loss }) => {
        report('training', step, of, loss, note)
        await context.breathe()
      },
    })
    takeOver()
    const lora = method.kind === 'lora' ? method.lora : undefined
    return { ...outcome, recipe: { optimiser: 'AdamW', ...recipe }, lora, note }
  } finally {
    await crops.close()
  }
}

/** Returns the held-out score as a model's card and lists state it. */
function metricOf({ labels, after: { accuracy } }: HeldOutScore): string {
  if (!accuracy) return `${labels} labels held out: too few to say`
  const [mean, low, high] = [accuracy.mean, accuracy.low, accuracy.high].map((v) => v.toFixed(2).replace(/^0/, ''))
  return `${labels} labels held out: accuracy ${mean} (95%: ${low} to ${high})`
}

/**
 * Returns the weights with a head that tells measured features: the parent's, if it was pre-trained with one. The head
 * is used while training and not kept.
 */
async function withMeasuredHead(start: Start, rng: Random): Promise<Weights> {
  const { width } = start.config
  const head = [
    { name: 'measured_head.weight', shape: [measuredCount, width] },
    { name: 'measured_head.bias', shape: [measuredCount] },
  ]
  const layout = layoutOf([...start.layout.slots, ...head])
  const weights = { layout, values: initialise(layout, rng, start.config) }
  for (const { name } of start.layout.slots) weightsOf(weights, name).set(weightsOf(start, name))
  const stored = start.parent && (await readModelWeights(start.parent))
  for (const { name, shape } of head) {
    const known = stored?.get(name)
    if (known?.shape.join() === shape.join()) weightsOf(weights, name).set(known.data)
  }
  return weights
}

/** Is the parent a pre-trained encoder without classes? */
const isEncoder = ({ parent }: Start): boolean => parent?.json.classes.length === 0

function recipeOf({ kind }: Method, start: Start, isDataSet: boolean): TrainingRecipe {
  if (start.config.stem && isDataSet && kind === 'full')
    return !start.parent || isEncoder(start) ? fromStem : fromTrainedStem
  if (!start.parent) return fromScratch
  if (kind === 'lora') return isDataSet ? loraFromParent : loraCorrections
  if (!isDataSet) return corrections
  return isEncoder(start) ? fromEncoder : fromParent
}

/** Returns a hash of everything that determines the result of a training, except the machine. */
function jobKey(
  { model, classes, slides, sets, seed, measuredWeight }: FinetuneParams,
  { parent }: Start,
  method: Method,
  recipe: TrainingRecipe,
): string {
  const weights = parent?.json.weightsHash
  const hash = createHash('sha256').update(
    JSON.stringify([model, weights, classes, seed, method, recipe, measuredWeight]),
  )
  if (sets) hash.update(JSON.stringify(sets.map(({ share, known }) => [share, known])))
  for (const { slide, mpp, nuclei, index, label, set } of slides) {
    hash.update(set === undefined ? `${slide} ${mpp}` : `${slide} ${mpp} ${set}`)
    for (const column of [nuclei.origin, nuclei.box, index, label])
      hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  }
  return hash.digest('hex')
}

function tokensUnderNewEncoder(
  params: FinetuneParams,
  start: Start,
  context: CallContext<'finetune'>,
): Promise<LabelledTokens> {
  // The token cache is left out because it holds the parent's tokens.
  const slides = params.slides.map((slide) => ({ ...slide, tokens: undefined }))
  return tokensOfLabelled({ ...params, slides }, start, context, () => undefined, false)
}

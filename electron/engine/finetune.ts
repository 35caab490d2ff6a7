import { stat } from 'node:fs/promises'
import { FailureError, unwrap, type FinetuneParams, type FinetuneProgress } from '../contract/index.ts'
import { presetName, readReplay, writeModelFolder, type Replay } from '../formats/modelFolder.ts'
import { openSlide } from '../slides/index.ts'
import { random, type Random } from '../../models/nn/random.ts'
import type { ParameterLayout } from '../../models/nn/parameters.ts'
import { presets, type NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { targets } from '../../models/train/loss.ts'
import { levelZeroBoxes, readCrops } from './cropReader.ts'
import type { CallContext, Handler } from './handler.ts'
import { trainHead } from './head.ts'
import { encoderOf, loadModel, parameterLayout, type LoadedModel } from './network.ts'
import { corrections, fromParent, fromScratch } from './recipes.ts'
import { readTokens, tokenKey } from './tokenCache.ts'
import { trainFull } from './trainFull.ts'
import { trainingImages } from './trainingImages.ts'
import { modelCard } from './modelCard.ts'

/** µm/px of models trained from random weights: CoNSeP's 1000 px at .25 brought to 796, as the authors do. */
const scratchMpp = 0.25 * (1000 / 796)
/** Head steps: the problem is convex and small; more change the loss by less than a thousandth. */
const headSteps = 300
const headRate = 5e-3
/**
 * With n labels the replayed tokens of the model's own training nuclei weigh as much as this many labels: ten clicks
 * then move what resembles them and leave the other classes standing, and hundreds take over.
 */
const replayLabels = 50
/** Tokens per class that a model ships for replay. */
const replayPerClass = 200
/** From this many labelled nuclei on, a set is a data set and not a reader's corrections. */
const dataSetSize = 2000

interface Start {
  readonly config: NucleusVitConfig
  readonly mpp: number
  readonly layout: ParameterLayout
  readonly values: Float32Array
  readonly parent?: LoadedModel
  readonly replay?: Replay
}

/** Trains on human labels only and writes a new model folder; the parent is never touched. */
export const finetune: Handler<'finetune'> = async (params, context) => {
  const started = performance.now()
  const labelled = params.slides.reduce((n, s) => n + s.index.length, 0)
  if (labelled === 0)
    throw new FailureError('empty', 'Training needs labelled nuclei, and there are none. Label some nuclei first.')
  if (await stat(params.out).catch(() => undefined))
    throw new FailureError('invalid-input', `The model folder ${params.out} exists already. Choose another name.`)
  const rng = random(params.seed)
  const start = await startingPoint(params, rng)
  const report = stageReporter(context)
  const outcome =
    params.method === 'head'
      ? await fineTuneHead(params, start, context, report)
      : await fineTuneAll(params, start, context, rng, report)

  report('saving', 0, 1)
  const replay = await newReplay(params, start, context, outcome.labelledTokens, rng)
  const json = start.parent?.folder.json
  const training = {
    method: params.method,
    recipe: outcome.recipe,
    seed: params.seed,
    labelled,
    perClass: Object.fromEntries(params.classes.map((name, c) => [name, count(params, c)])),
    steps: outcome.steps,
    firstLoss: outcome.firstLoss,
    lastLoss: outcome.lastLoss,
    seconds: Math.round((performance.now() - started) / 1000),
  }
  const description = {
    title: params.title ?? (json ? `${json.title}, fine-tuned` : `Nucleus ViT ${presetName(start.config)}`),
    architecture: start.config,
    classes: params.classes,
    mpp: start.mpp,
    lineage: json ? [...json.lineage, json.id] : [],
    created: new Date().toISOString(),
    licence: json?.licence ?? 'not stated',
    training,
    metric: '',
  }
  const written = await writeModelFolder(params.out, {
    description,
    weights: start.layout.slots.map(
      ({ name, shape, offset, size }) => [name, { shape, data: start.values.subarray(offset, offset + size) }] as const,
    ),
    replay,
    card: modelCard(description),
  })
  return {
    model: written.path,
    weightsHash: written.json.weightsHash,
    steps: outcome.steps,
    firstLoss: outcome.firstLoss,
    lastLoss: outcome.lastLoss,
    labelled,
    seconds: (performance.now() - started) / 1000,
  }
}

interface Outcome {
  steps: number
  firstLoss: number
  lastLoss: number
  recipe: Record<string, unknown>
  /** Tokens of the labelled nuclei under the new encoder, where they are at hand. */
  labelledTokens?: LabelledTokens
}
interface LabelledTokens {
  tokens: Float32Array
  labels: Int32Array
}
type Report = (stage: FinetuneProgress['stage'], step: number, of: number, loss?: number) => void

function stageReporter(context: CallContext<'finetune'>): Report {
  let stage = ''
  let began = 0
  return (now, step, of, loss) => {
    if (stage !== now) [stage, began] = [now, performance.now()]
    const elapsed = (performance.now() - began) / 1000
    const secondsLeft = step > 0 ? (elapsed / step) * (of - step) : undefined
    context.progress({ stage: now, step, of, ...(Number.isFinite(loss) ? { loss } : {}), secondsLeft })
  }
}

const count = (params: FinetuneParams, c: number): number =>
  params.slides.reduce((n, s) => n + s.label.reduce((k, l) => k + (l === c ? 1 : 0), 0), 0)

/** Parent weights with the head's rows mapped by class name, or random ones ("preset:tiny"). */
async function startingPoint(params: FinetuneParams, rng: Random): Promise<Start> {
  const { classes } = params
  if (params.model.startsWith('preset:')) {
    const name = params.model.slice('preset:'.length)
    if (!(name in presets))
      throw new FailureError(
        'invalid-input',
        `A preset must be one of ${Object.keys(presets).join(', ')}; got "${name}".`,
      )
    const config = presets[name as keyof typeof presets]
    const layout = parameterLayout(config, classes.length)
    return { config, mpp: scratchMpp, layout, values: initialise(layout, rng) }
  }
  const parent = await loadModel(params.model)
  const { architecture: config, mpp, classes: parentClasses } = parent.folder.json
  const layout = parameterLayout(config, classes.length)
  const values = new Float32Array(layout.size)
  for (const { name, offset, size } of layout.slots) {
    if (name.startsWith('head.')) continue
    const from = parent.layout.slot(name)
    values.set(parent.values.subarray(from.offset, from.offset + size), offset)
  }
  const part = (layout: ParameterLayout, values: Float32Array, name: string, row: number, length: number) => {
    const { offset } = layout.slot(name)
    return values.subarray(offset + row * length, offset + (row + 1) * length)
  }
  for (const [c, name] of classes.entries()) {
    const old = parentClasses.indexOf(name)
    if (old < 0) continue // a new class starts at zero
    part(layout, values, 'head.weight', c, config.width).set(
      part(parent.layout, parent.values, 'head.weight', old, config.width),
    )
    part(layout, values, 'head.bias', c, 1).set(part(parent.layout, parent.values, 'head.bias', old, 1))
  }
  return {
    config,
    mpp,
    layout,
    values,
    parent,
    replay: mapReplay(await readReplay(parent.folder), parentClasses, classes, config.width),
  }
}

/** Replay in the new class order; tokens of classes that are no longer there are left out. */
function mapReplay(
  replay: Replay | undefined,
  from: readonly string[],
  to: readonly string[],
  width: number,
): Replay | undefined {
  if (!replay) return undefined
  const kept = [...replay.labels.keys()].filter((i) => to.includes(from[replay.labels[i]]))
  const tokens = new Float32Array(kept.length * width)
  kept.forEach((i, k) => tokens.set(replay.tokens.subarray(i * width, (i + 1) * width), k * width))
  return kept.length ? { tokens, labels: Int32Array.from(kept, (i) => to.indexOf(from[replay.labels[i]])) } : undefined
}

async function fineTuneHead(
  params: FinetuneParams,
  start: Start,
  context: CallContext<'finetune'>,
  report: Report,
): Promise<Outcome> {
  if (!start.parent)
    throw new FailureError(
      'invalid-input',
      'Training the head alone needs a trained parent model: name one, or train the whole network.',
    )
  const { width } = start.config
  const classes = params.classes.length
  const mine = await tokensOfLabelled(params, start.parent, context, report)
  const share = labelShare(mine.labels.length, start.replay)
  const replayTargets = replayTargetsOf(start, classes, 1 - share)
  const tokens = concatenate(mine.tokens, start.replay?.tokens)
  const own = targets(mine.labels, mine.labels.length / share, { classes })
  const weight = start.layout.slot('head.weight')
  const bias = start.layout.slot('head.bias')
  const result = await trainHead({
    tokens,
    targets: concatenate(own, replayTargets),
    width,
    classes,
    weight: start.values.subarray(weight.offset, weight.offset + weight.size),
    bias: start.values.subarray(bias.offset, bias.offset + bias.size),
    steps: params.epochs ?? headSteps,
    rate: headRate,
    onStep: async (step, loss) => {
      report('training', step, params.epochs ?? headSteps, loss)
      await context.breathe()
    },
  })
  return {
    ...result,
    steps: params.epochs ?? headSteps,
    recipe: {
      optimiser: 'AdamW',
      rate: headRate,
      steps: params.epochs ?? headSteps,
      replayTokens: start.replay?.labels.length ?? 0,
    },
    labelledTokens: mine,
  }
}

/** The labels' part of the loss; the replay has the rest. */
const labelShare = (labels: number, replay: Replay | undefined): number =>
  replay ? labels / (labels + replayLabels) : 1

/** Rows of targets for the replay; each class weighs the same in all, so that a rare one is not forgotten first. */
function replayTargetsOf({ replay }: Start, classes: number, share: number): Float32Array | undefined {
  if (!replay) return undefined
  const counts = new Array<number>(classes).fill(0)
  for (const label of replay.labels) counts[label]++
  const present = counts.filter((n) => n > 0).length
  return targets(replay.labels, 1, { classes, classWeights: counts.map((n) => (n ? share / (n * present) : 0)) })
}

function concatenate(a: Float32Array, b: Float32Array | undefined): Float32Array {
  if (!b) return a
  const all = new Float32Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}

/** Tokens of the labelled nuclei under the parent's encoder: from the cache where it fits, else from their crops. */
async function tokensOfLabelled(
  params: FinetuneParams,
  parent: LoadedModel,
  context: CallContext<'finetune'>,
  report: Report,
): Promise<LabelledTokens> {
  const { architecture: config, classes, mpp: modelMpp } = parent.folder.json
  const { width } = config
  const labels: number[] = []
  const rows: Float32Array[] = []
  for (const [s, slide] of params.slides.entries()) {
    if (slide.index.length === 0) continue
    const cached =
      slide.tokens &&
      (await readTokens(slide.tokens, await tokenKey(slide.slide, slide.mpp, slide.nuclei, parent), width))
    if (cached) {
      slide.index.forEach((nucleus, k) => {
        rows.push(cached.subarray(nucleus * width, (nucleus + 1) * width))
        labels.push(slide.label[k])
      })
      continue
    }
    const wanted = new Map([...slide.index].map((nucleus, k) => [nucleus, slide.label[k]]))
    const reader = unwrap(await openSlide(slide.slide, { mpp: slide.mpp }))
    try {
      const encoder = await encoderOf(config, classes.length, parent.layout, parent.values)
      const scale = { slideMpp: slide.mpp, modelMpp }
      let done = 0
      for await (const { crop, feeds, of } of readCrops(reader, levelZeroBoxes(slide.nuclei), config, scale, {
        wanted: new Set(wanted.keys()),
      })) {
        await context.breathe()
        const { tokens } = await encoder.run(feeds)
        for (const k of crop.owned) {
          const label = wanted.get(crop.members[k])
          if (label === undefined) continue
          rows.push(tokens.slice(k * width, (k + 1) * width))
          labels.push(label)
        }
        report('encoding', s + ++done / of, params.slides.length)
      }
    } finally {
      await reader.close()
    }
  }
  const tokens = new Float32Array(rows.length * width)
  rows.forEach((row, i) => tokens.set(row, i * width))
  return { tokens, labels: Int32Array.from(labels) }
}

async function fineTuneAll(
  params: FinetuneParams,
  start: Start,
  context: CallContext<'finetune'>,
  rng: Random,
  report: Report,
): Promise<Outcome> {
  const classes = params.classes.length
  const labelled = params.slides.reduce((n, s) => n + s.index.length, 0)
  const isDataSet = labelled >= dataSetSize
  const base = start.parent ? (isDataSet ? fromParent : corrections) : fromScratch
  const recipe = { ...base, ...(params.epochs ? { epochs: params.epochs } : {}) }
  const images = await trainingImages(params.slides, start.mpp, start.config.imageSize, async (done, of) => {
    report('reading', done, of)
    await context.breathe()
  })
  const share = isDataSet ? 1 : labelShare(labelled, start.replay)
  const replayTargets = share < 1 ? replayTargetsOf(start, classes, (1 - share) / share) : undefined
  const result = await trainFull({
    config: start.config,
    classes,
    layout: start.layout,
    values: start.values,
    images,
    recipe,
    random: rng,
    replay: replayTargets && start.replay ? { tokens: start.replay.tokens, targets: replayTargets } : undefined,
    onCrop: async ({ step, of, loss }) => {
      report('training', step, of, loss)
      await context.breathe()
    },
  })
  return { ...result, recipe: { optimiser: 'AdamW', ...recipe } }
}

/**
 * What the new model will replay: a data set's own tokens, else the parent's with the reader's labels added. After the
 * whole network moved on corrections the parent's tokens are a little stale; they still say where its classes lie.
 */
async function newReplay(
  params: FinetuneParams,
  start: Start,
  context: CallContext<'finetune'>,
  labelledTokens: LabelledTokens | undefined,
  rng: Random,
): Promise<Replay | undefined> {
  const { width } = start.config
  const labelled = params.slides.reduce((n, s) => n + s.index.length, 0)
  if (!labelledTokens) {
    const changed: LoadedModel = {
      layout: start.layout,
      values: start.values,
      folder: {
        path: params.out,
        card: '',
        json: { architecture: start.config, mpp: start.mpp, classes: params.classes } as LoadedModel['folder']['json'],
      },
    }
    labelledTokens = await tokensOfLabelled(
      { ...params, slides: params.slides.map((s) => ({ ...s, tokens: undefined })) },
      changed,
      context,
      () => undefined,
    )
  }
  const sample: number[] = []
  const taken = new Array<number>(params.classes.length).fill(0)
  for (const i of rng.permutation(labelledTokens.labels.length))
    if (taken[labelledTokens.labels[i]]++ < replayPerClass) sample.push(i)
  const own = {
    tokens: new Float32Array(sample.length * width),
    labels: Int32Array.from(sample, (i) => labelledTokens.labels[i]),
  }
  sample.forEach((i, k) => own.tokens.set(labelledTokens.tokens.subarray(i * width, (i + 1) * width), k * width))
  if (labelled >= dataSetSize || !start.replay) return own
  return {
    tokens: concatenate(start.replay.tokens, own.tokens),
    labels: Int32Array.from([...start.replay.labels, ...own.labels]),
  }
}

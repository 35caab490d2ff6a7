import { basename } from 'node:path'
import { Option } from 'commander'
import { FailureError, message } from '../../contract/index.ts'
import type { DataSet } from '../../formats/dataSets/index.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { connectEngine, type Engine } from '../../launch/engineClient.ts'
import { findModel } from '../../launch/models.ts'
import {
  abstentionBelow,
  abstentionOfShare,
  calibration,
  type Calibration,
} from '../../../models/metrics/calibration.ts'
import { scoreOfCalls } from '../../../models/metrics/classification.ts'
import {
  detectedCounts,
  givenCounts,
  matchingRadius,
  totalCounts,
  type NucleusCounts,
} from '../../../models/metrics/counts.ts'
import { difference, differenceIntervals, scoreIntervals } from '../../../models/metrics/countIntervals.ts'
import { jointScore } from '../../../models/metrics/joint.ts'
import { metricName, metrics, numbersOf, type Metric } from '../../../models/metrics/numbers.ts'
import { uncertainShare } from '../../../models/train/scaling.ts'
import { publishedFor } from '../../../models/metrics/published.ts'
import { baselineScore } from '../data/baseline.ts'
import { classMap, indexOfClass, usedClasses } from '../data/classMap.ts'
import { needClasses, needScale, openData } from '../data/dataSlides.ts'
import { boxesOfDots, dotDetector, dotRadius } from '../data/dotBoxes.ts'
import {
  evaluationTable,
  type Abstentions,
  type Baseline,
  type Evaluation,
  type SystemScore,
} from '../output/evaluationTable.ts'
import { dataForms, dataMapHelp, dataMpp, positive, wholeNumber } from '../options.ts'
import { predictionFiles } from '../data/predictionFiles.ts'
import {
  callsOnGiven,
  fileSystem,
  modelSystem,
  trueClasses,
  truthOf,
  type ScoredModel,
  type System,
} from '../data/systems.ts'
import { progress, run, type Verb } from '../verb.ts'

export interface EvaluateOptions {
  data: string
  tiles?: string
  model?: string[]
  predictions: string[]
  map?: string
  nuclei: 'built-in' | 'predictions'
  metric: Metric
  detector?: string
  radius?: number
  mpp?: number
  dataMap?: string
  seed: number
  baseline: boolean
  int8?: boolean
  json?: boolean
}

/** karyon evaluate: scores models, or other systems' output files, on labelled nuclei. */
export const evaluate: Verb = (program) =>
  program
    .command('evaluate')
    .description("score a model, or other systems' output files, on labelled nuclei")
    .requiredOption('--data <path>', `data set: ${dataForms}`)
    .option('--tiles <names>', 'only these images, or with a leading ! all but these')
    .option('--model <id|folder...>', 'model to score; of several, each further one is compared with the first')
    .option('--predictions <path...>', "output of other systems: a file, or a folder with one per image's name", [])
    .option('--map <names>', 'what their classes mean: 1=neoplastic,2=inflammatory; JSON; or a JSON file')
    .addOption(
      new Option('--nuclei <whose>', 'B and C: what the model classifies, found by Karyon or the first --predictions')
        .choices(['built-in', 'predictions'])
        .default('built-in'),
    )
    .addOption(
      new Option('--metric <name>', metrics.map((m) => `${m} = ${metricName[m]}`).join('; '))
        .choices(metrics)
        .default('A'),
    )
    .option('--detector <id|folder>', 'what finds nuclei: for B and C, and for dots (default: the built-in one)')
    .option(
      '--radius <µm>',
      `how far a nucleus found may lie from the true one (B and C, default ${matchingRadius}) or from its dot (A, default ${dotRadius})`,
      positive,
    )
    .option('--data-map <names>', dataMapHelp)
    .option('--mpp <m>', dataMpp, positive)
    .option('--seed <s>', 'seed of the bootstrap', wholeNumber, 1)
    .option('--no-baseline', 'A: leave out the logistic regression trained on the other images of the folder')
    .option('--int8', 'encode in 8 bits: faster on the processor, nearly the same tokens')
    .option('--json', 'result as JSON on stdout')
    .action((options: EvaluateOptions) => run(options, () => evaluateOnce(options), evaluationTable))

async function evaluateOnce(options: EvaluateOptions): Promise<Evaluation> {
  const engine = connectEngine()
  try {
    return await evaluateData(options, engine)
  } finally {
    await engine.close()
  }
}

/** Scores models or predictions on a data set, as the options of `karyon evaluate` say. */
export async function evaluateData(options: EvaluateOptions, engine: Engine): Promise<Evaluation> {
  const { metric } = options
  if (metric === 'A' && options.predictions.length > 0)
    throw new FailureError('invalid-input', message('metricOfGiven'))
  const usesModel = options.model !== undefined || options.predictions.length === 0 || options.nuclei === 'predictions'
  // Find the models first, because a large data set takes long to read.
  const folders = usesModel ? await Promise.all((options.model ?? [undefined]).map(findModel)) : []
  const { chosen, left } = await openData([options.data], options)
  const [data, rest] = [chosen[0], left[0]]
  needClasses(data)
  needScale(data)
  // Ignore classes without a nucleus anywhere in the data, such as Roboflow's category that groups all others.
  const used = usedClasses(data, [...data.images, ...rest.images])
  const published = publishedFor(data.classes) ?? publishedFor(used)
  const classes = published?.classes ?? used
  const models = await modelsFor(folders, data, options)
  const missing = [...new Set(models.flatMap((model) => model.classes))].filter((c) => indexOfClass(classes, c) < 0)
  const detector = await dotDetector(options.detector)
  const { radius = metric === 'A' ? dotRadius : matchingRadius } = options
  const boxed = (set: DataSet) => boxesOfDots(engine, set, detector, radius)
  const { set: given, match } = metric === 'A' ? await boxed(data) : { set: data, match: undefined }
  const systems = metric === 'A' ? [] : await systemsOf(engine, models, data, classes, detector.folder, options)
  const counted =
    metric === 'A'
      ? await onGiven(engine, models, given, classes, options)
      : await onDetections(systems, data, classes, radius)
  const scores = counted.map(({ name, counts, certainty }) => ({
    system: name,
    ...(metric === 'C' ? jointScore(totalCounts(counts), classes) : scoreOfCalls(totalCounts(counts), classes)),
    intervals: scoreIntervals(counts, (total) => numbersOf(metric, total, classes), options.seed),
    ...(certainty ?? {}),
  })) as SystemScore[]
  const usesBaseline = metric === 'A' && options.baseline && rest.images.length > 0
  const baseline = usesBaseline ? await baselineOn(given, (await boxed(rest)).set, classes) : undefined
  return {
    metric,
    meaning: metricName[metric],
    images: data.images.length,
    ...(metric === 'A' ? (match ? { dots: match } : {}) : { radius }),
    ...(missing.length > 0 ? { classesNotInData: missing } : {}),
    ...scores[0],
    ...(scores.length > 1
      ? { systems: scores, differences: differencesOf(counted, metric, classes, options.seed) }
      : {}),
    ...(baseline ? { baseline } : {}),
    ...(published ? { published } : {}),
  }
}

/** How far a model's probabilities can be trusted. */
interface Certainty {
  readonly calibration: Calibration
  readonly abstention: Abstentions
}

interface Counted {
  readonly name: string
  /** Counts of each image of the data set. */
  readonly counts: readonly NucleusCounts[]
  readonly certainty?: Certainty
}

/** Returns the model, named by its title. Its classes must include those of the nuclei. */
async function modelFor(folder: string, data: DataSet, options: EvaluateOptions): Promise<ScoredModel> {
  const { json } = await readModelFolder(folder)
  const unknown = usedClasses(data, data.images).filter((name) => indexOfClass(json.classes, name) < 0)
  if (unknown.length > 0)
    throw new FailureError(
      'invalid-input',
      message('classesOfModel', { data: options.data, known: json.classes, unknown }),
    )
  return {
    name: json.title,
    folder,
    classes: json.classes,
    precision: options.int8 ? 'int8' : 'float32',
    uncertainBelow: json.calibration?.uncertainBelow,
  }
}

/** Returns the models. The folder's name distinguishes models with the same title. */
async function modelsFor(folders: readonly string[], data: DataSet, options: EvaluateOptions): Promise<ScoredModel[]> {
  const models = await Promise.all(folders.map((folder) => modelFor(folder, data, options)))
  return models.map((model) => ({
    ...model,
    name: models.some((other) => other !== model && other.name === model.name)
      ? `${model.name} (${basename(model.folder)})`
      : model.name,
  }))
}

async function onGiven(
  engine: Engine,
  models: readonly ScoredModel[],
  data: DataSet,
  classes: readonly string[],
  options: EvaluateOptions,
): Promise<Counted[]> {
  const counted: Counted[] = []
  for (const model of models) counted.push(await modelOnGiven(engine, model, data, classes, options))
  return counted
}

async function modelOnGiven(
  engine: Engine,
  model: ScoredModel,
  data: DataSet,
  classes: readonly string[],
  options: EvaluateOptions,
): Promise<Counted> {
  const counts: NucleusCounts[] = []
  const [right, confidence]: [number[], number[]] = [[], []]
  for (const [i, image] of data.images.entries()) {
    progress(`scoring image ${i + 1}/${data.images.length}`)
    const truth = trueClasses(image, data.classes, classes)
    const called = await callsOnGiven(engine, model, image, image.mpp!, classes)
    counts.push(givenCounts(truth, called.classIndex, classes.length))
    truth.forEach((t, k) => {
      if (t < 0) return
      right.push(t === called.classIndex[k] ? 1 : 0)
      confidence.push(called.confidence[k])
    })
  }
  if (right.length === 0) throw new FailureError('empty', message('imagesNoLabels', { data: options.data }))
  const { uncertainBelow: below } = model
  const abstention = {
    leastCertain: abstentionOfShare(right, confidence, uncertainShare),
    ...(below !== undefined && { uncertain: { below, ...abstentionBelow(right, confidence, below) } }),
  }
  return { name: model.name, counts, certainty: { calibration: calibration(right, confidence), abstention } }
}

/** Returns the models (if any were named, or no predictions were), then the predictions in their order. */
async function systemsOf(
  engine: Engine,
  models: readonly ScoredModel[],
  data: DataSet,
  classes: readonly string[],
  detector: string,
  options: EvaluateOptions,
): Promise<System[]> {
  const map = await classMap(options.map, '--map')
  const files = await Promise.all(
    options.predictions.map(async (path) => ({ path, files: await predictionFiles(path, data.images) })),
  )
  const systems: System[] = files.map(({ path, files }) => fileSystem(basename(path), files, map, classes))
  const shapes = options.nuclei === 'predictions' ? files[0]?.files : undefined
  if (options.nuclei === 'predictions' && !shapes) throw new FailureError('invalid-input', message('needsPredictions'))
  const named = models.map((model) => ({
    ...model,
    name: shapes ? `${model.name} on the nuclei of ${basename(files[0].path)}` : model.name,
  }))
  return [...named.map((model) => modelSystem(engine, model, classes, { detector, shapes })), ...systems]
}

async function onDetections(
  systems: readonly System[],
  data: DataSet,
  classes: readonly string[],
  radius: number,
): Promise<Counted[]> {
  const counted = systems.map(({ name }) => ({ name, counts: [] as NucleusCounts[] }))
  for (const [i, image] of data.images.entries()) {
    progress(`scoring image ${i + 1}/${data.images.length}`)
    const mpp = image.mpp!
    const truth = await truthOf(image, data.classes, classes)
    for (const [s, system] of systems.entries())
      counted[s].counts.push(detectedCounts(truth, await system.on(image, mpp), radius / mpp, classes.length))
  }
  for (const { name, counts } of counted)
    if (totalCounts(counts).calls.every((n) => n === 0))
      throw new FailureError('empty', message('nothingNear', { name, radius }))
  return counted
}

/** Returns the differences of each further system from the first. */
function differencesOf(counted: readonly Counted[], metric: Metric, classes: readonly string[], seed: number) {
  const numbers = (total: NucleusCounts) => numbersOf(metric, total, classes)
  const [first, ...others] = counted
  return others.map((other) => ({
    of: `${first.name} − ${other.name}`,
    values: difference(numbers(totalCounts(first.counts)), numbers(totalCounts(other.counts))),
    intervals: differenceIntervals(first.counts, other.counts, numbers, seed),
  }))
}

/** Scores the baseline, trained on the folder's images that are not scored. */
async function baselineOn(data: DataSet, rest: DataSet, classes: readonly string[]): Promise<Baseline> {
  progress('training the baseline')
  return {
    method: 'logistic regression on colour, size and shape of the same nuclei',
    trainedOn: rest.images.length,
    ...(await baselineScore(rest, data, classes)),
  }
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FinetuneMethod, FinetuneParams } from '../../electron/contract/index.ts'
import { MeasurementFailed, progress } from '../../electron/cli/verb.ts'
import { classify } from '../../electron/engine/calls/classify.ts'
import { rescore } from '../../electron/engine/calls/rescore.ts'
import { loadModel, type LoadedModel } from '../../electron/engine/encode/encoder.ts'
import { finetune } from '../../electron/engine/train/finetune.ts'
import { sampleQueue } from '../../electron/host/review/sampleQueue.ts'
import { connectEngine } from '../../electron/launch/engineClient.ts'
import { findModel } from '../../electron/launch/models.ts'
import { calibration } from '../../models/metrics/calibration.ts'
import { logisticRegression } from '../../models/metrics/logisticRegression.ts'
import { random } from '../../models/nn/random.ts'
import { armNames, orders, type Arm, type LearningBench, type Order, type Point } from './arms.ts'
import { effortOf } from './effort.ts'
import { randomForest } from './forest.ts'
import { learningPicture } from './picture.ts'
import { ownWidth } from '../../models/metrics/measurements.ts'
import { openTiles, prepareTiles, splitsOf, type Split, type Tile, type TileOptions } from './tiles.ts'

export interface LearningTask extends TileOptions {
  readonly model?: string
  readonly labels: readonly number[]
  readonly seeds: number
  readonly arms: readonly Arm[]
  readonly touched: number
  readonly untouched: number
  /** SVG file to draw. */
  readonly picture?: string
}

const trees = 200
/** Share of the nuclei of the touched tiles that the reader is never shown, so that every arm is scored on the same. */
const asideShare = 1 / 3

/**
 * A simulated reader labels nuclei in rounds, by the app's queue or at random, and each arm learns from the same labels.
 * The queue follows what the last layer has learned in the round before, as in the app.
 */
export async function measureLearning(task: LearningTask): Promise<LearningBench> {
  // The built-in model was trained on BRCA-M2C, and would seem to know the reader's labels beforehand.
  if (task.model === undefined)
    throw new MeasurementFailed('Learning needs --model: a classifier that has never seen the data to be labelled.')
  const folder = await mkdtemp(join(tmpdir(), 'karyon-learning-'))
  try {
    const model = await loadModel(await findModel(task.model))
    const set = await openTiles(task)
    const splits = splitsOf(set.images, task.seeds, task)
    const names = new Set(splits.flatMap(({ touched, untouched }) => [...touched, ...untouched]))
    const engine = connectEngine()
    const tiles = await prepareTiles(engine, set, names, model, { detector: task.detector, folder }).finally(() =>
      engine.close(),
    )
    const points: Point[] = []
    const of = (list: readonly string[]) => list.map((name) => tiles.get(name)!)
    for (const split of splits)
      for (const order of orders) {
        const job = { task, model, folder, split, order, touched: of(split.touched), untouched: of(split.untouched) }
        points.push(...(await roundsOf(job)))
      }
    const measured: LearningBench = {
      model: model.folder.json.title,
      data: task.data.split(/[\\/]/).slice(-1)[0],
      classes: model.classes,
      splits: splits.map((split) => ({
        ...split,
        nuclei: { touched: knownIn(of(split.touched)).length, untouched: knownIn(of(split.untouched)).length },
      })),
      points,
      means: meansOf(points),
      effort: [],
    }
    const effort = (['notLabelled', 'setAside', 'untouchedTiles'] as const).flatMap((on) =>
      effortOf(measured.means, on),
    )
    const result: LearningBench = { ...measured, effort }
    if (task.picture !== undefined) await writeFile(task.picture, learningPicture(result))
    return result
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Rounds {
  readonly task: LearningTask
  readonly model: LoadedModel
  readonly folder: string
  readonly split: Split
  readonly order: Order
  readonly touched: readonly Tile[]
  readonly untouched: readonly Tile[]
}

/** A nucleus by its tile and its position there. */
interface Place {
  readonly tile: Tile
  readonly i: number
}
const truthAt = ({ tile, i }: Place): number => tile.truth[i]

/** Returns the nuclei whose class the data says. */
const knownIn = (tiles: readonly Tile[]): Place[] =>
  tiles.flatMap((tile) => [...tile.truth.keys()].filter((i) => tile.truth[i] >= 0).map((i) => ({ tile, i })))

/** Says the class of a nucleus, and with which probability if it knows. */
type Said = (place: Place) => { readonly classIndex: number; readonly p?: number }

async function roundsOf(job: Rounds): Promise<Point[]> {
  const { task, model, split, order } = job
  const known = knownIn(job.touched)
  const shuffled = [...random(split.seed).permutation(known.length)].map((k) => known[k])
  const aside = shuffled.slice(0, Math.floor(known.length * asideShare))
  const isAside = new Set(aside)
  const all = known.filter((place) => !isAside.has(place))
  const away = knownIn(job.untouched)
  const isLabelled = new Uint8Array(all.length)
  const classes = model.classes.length
  let probabilities = new Map([...job.touched, ...job.untouched].map((tile) => [tile, tile.probabilities]))
  const points: Point[] = []
  const isInData = new Set([...known, ...away].map(truthAt))
  const score = (arm: Point['arm'], labels: number, said: Said) => {
    const rest = all.filter((_, k) => !isLabelled[k])
    const { accuracy, calibrationError } = scored(away, said)
    const common = { seed: split.seed, order, labels, arm }
    points.push({
      ...common,
      notLabelled: scored(rest, said).accuracy,
      setAside: scored(aside, said).accuracy,
      untouchedTiles: accuracy,
      calledOther: meanOf([...rest, ...aside, ...away], (place) => (isInData.has(said(place).classIndex) ? 0 : 1)),
      ...(calibrationError !== undefined && { calibrationError }),
    })
  }
  score('before', 0, byProbability(probabilities, classes))
  let labels = 0
  for (const wanted of task.labels) {
    if (wanted > all.length / 2) break // too few would be left to score
    const round = {
      seed: split.seed * 1000 + wanted,
      uncertainBelow: model.folder.json.calibration?.uncertainBelow ?? 0,
    }
    const chosen = order === 'queue' ? byQueue : atRandom
    for (const k of chosen(all, isLabelled, wanted - labels, probabilities, round)) isLabelled[k] = 1
    labels = isLabelled.reduce((n, one) => n + one, 0)
    const labelled = all.filter((_, k) => isLabelled[k])
    for (const arm of task.arms) {
      progress(`seed ${split.seed}, ${order}, ${labels} labels: ${armNames[arm]}`)
      if (arm === 'forest' || arm === 'smoothedForest' || arm === 'logistic') {
        score(arm, labels, oldStyle(arm, model, labelled, [...known, ...away], split.seed))
        continue
      }
      const learned = await trained(job, arm, labelled, labels)
      score(arm, labels, byProbability(learned, classes))
      if (arm === 'head') probabilities = learned
    }
  }
  return points
}

function scored(places: readonly Place[], said: Said): { accuracy: number; calibrationError?: number } {
  const calls = places.map(said)
  const right = calls.map(({ classIndex }, k) => (classIndex === truthAt(places[k]) ? 1 : 0))
  const accuracy = meanOf(right, (r) => r)
  const confidence = calls.flatMap(({ p }) => (p === undefined ? [] : [p]))
  if (confidence.length < calls.length) return { accuracy }
  return { accuracy, calibrationError: calibration(right, confidence).expectedCalibrationError }
}

const byProbability =
  (probabilities: ReadonlyMap<Tile, Float32Array>, classes: number): Said =>
  ({ tile, i }) => {
    const row = probabilities.get(tile)!.subarray(i * classes, (i + 1) * classes)
    const p = Math.max(...row)
    return { classIndex: row.indexOf(p), p }
  }

interface Round {
  readonly seed: number
  readonly uncertainBelow: number
}

/** Returns the positions in `all` of the nuclei that the app's queue would show next. */
function byQueue(
  all: readonly Place[],
  isLabelled: Uint8Array,
  size: number,
  probabilities: ReadonlyMap<Tile, Float32Array>,
  { seed, uncertainBelow }: Round,
): number[] {
  const count = all.length
  const column = () => new Uint16Array(count)
  const [first, second, p1, p2, label] = [column(), column(), column(), column(), column()]
  const uncertain = new Uint8Array(count)
  all.forEach(({ tile, i }, k) => {
    const rows = probabilities.get(tile)!
    const classes = rows.length / tile.nuclei.count
    const ranked = Array.from({ length: classes }, (_, c) => c).sort(
      (a, b) => rows[i * classes + b] - rows[i * classes + a],
    )
    const [best, next] = ranked.map((c) => rows[i * classes + c])
    first[k] = ranked[0] + 1
    second[k] = ranked[1] + 1
    p1[k] = Math.round(65_535 * best)
    p2[k] = Math.round(65_535 * next)
    uncertain[k] = best < uncertainBelow ? 1 : 0
    label[k] = isLabelled[k] ? tile.truth[i] + 1 : 0
  })
  // Second looks teach nothing, so the reader has no labels of their own here.
  const own = new Uint8Array(count)
  const columns = { count, first, second, p1, p2, uncertain, label, own, outside: new Uint8Array(count) }
  return [...sampleQueue(columns, size, seed).position]
}

function atRandom(all: readonly Place[], isLabelled: Uint8Array, size: number, _: unknown, { seed }: Round): number[] {
  const open = [...all.keys()].filter((k) => !isLabelled[k])
  return [...random(seed).permutation(open.length)].slice(0, size).map((k) => open[k])
}

const context = {
  progress: () => undefined,
  signal: new AbortController().signal,
  breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
}

/** Fine-tunes as the app does, and returns what the new model says of every tile. */
async function trained(
  { model, folder, split, order, touched, untouched }: Rounds,
  method: FinetuneMethod,
  labelled: readonly Place[],
  labels: number,
): Promise<Map<Tile, Float32Array>> {
  const out = join(folder, `${method}-${split.seed}-${order}-${labels}`)
  const slides: FinetuneParams['slides'] = touched.map((tile) => {
    const index = Uint32Array.from(labelled.filter((place) => place.tile === tile).map(({ i }) => i))
    const label = Uint16Array.from(index, (i) => tile.truth[i])
    return { slide: tile.path, mpp: tile.mpp, nuclei: tile.nuclei, tokens: tile.tokenFile, index, label }
  })
  const params = { model: model.folder.path, out, classes: [...model.classes], slides, method, seed: split.seed }
  await finetune(params, context)
  const learned = await loadModel(out)
  const said = new Map<Tile, Float32Array>()
  for (const tile of [...touched, ...untouched]) {
    const rows = new Float32Array(tile.probabilities.length)
    const put = ({ index, probabilities }: { index: Uint32Array; probabilities: Float32Array }) => {
      const classes = probabilities.length / index.length
      index.forEach((i, k) => rows.set(probabilities.subarray(k * classes, (k + 1) * classes), i * classes))
    }
    // The last layer reads the parent's tokens; the others have changed the encoder.
    if (method === 'head') for await (const piece of rescore(learned, tile.tokens)) put(piece)
    else
      await classify(
        { slide: tile.path, mpp: tile.mpp, nuclei: tile.nuclei, model: out },
        { ...context, progress: put },
      )
    said.set(tile, rows)
  }
  await rm(out, { recursive: true, force: true })
  return said
}

/** Classifiers that learn from the labels alone: on measurements, or on the features of the model's stem. */
function oldStyle(
  arm: 'forest' | 'smoothedForest' | 'logistic',
  model: LoadedModel,
  labelled: readonly Place[],
  asked: readonly Place[],
  seed: number,
): Said {
  const of = { forest: ownMeasurements, smoothedForest: allMeasurements, logistic: featuresOf(model) }[arm]
  const rows = (places: readonly Place[]) => rowsOf(places, of)
  const labels = labelled.map(truthAt)
  const classes = model.classes.length
  const learned =
    arm === 'logistic'
      ? // A normal prior of variance 1 on the weights of standardised features.
        logisticRegression(rows(labelled), labels, { classes, rate: 0.05, penalty: 1 / labels.length })
      : randomForest(rows(labelled), labels, { classes, trees, seed })
  const said = new Map(asked.map((place) => [place, 0]))
  learned.predict(rows(asked)).forEach((c, k) => said.set(asked[k], c))
  return (place) => ({ classIndex: said.get(place)! })
}

const allMeasurements = ({ tile, i }: Place): Float64Array => {
  const width = tile.measured.length / tile.nuclei.count
  return tile.measured.subarray(i * width, (i + 1) * width)
}
const ownMeasurements = (place: Place): Float64Array => {
  const all = allMeasurements(place)
  return all.subarray(0, ownWidth(all.length))
}
/** Returns a nucleus's features of the stem, which were never trained on nuclei; of a model without a stem its token. */
const featuresOf =
  ({ config }: LoadedModel) =>
  ({ tile, i }: Place): ArrayLike<number> => {
    const width = tile.tokens.length / tile.nuclei.count
    return tile.tokens.subarray(i * width + (config.stem ? config.width : 0), (i + 1) * width)
  }

function rowsOf(places: readonly Place[], of: (place: Place) => ArrayLike<number>): Float64Array {
  const width = places.length > 0 ? of(places[0]).length : 0
  const rows = new Float64Array(places.length * width)
  places.forEach((place, k) => rows.set(of(place), k * width))
  return rows
}

const meanOf = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0) / all.length

function meansOf(points: readonly Point[]): LearningBench['means'] {
  const groups = new Map<string, Point[]>()
  for (const point of points) {
    const key = `${point.order} ${point.labels} ${point.arm}`
    groups.set(key, [...(groups.get(key) ?? []), point])
  }
  return [...groups.values()].map((group) => {
    const { order, labels, arm } = group[0]
    return {
      ...{ order, labels, arm, seeds: group.length },
      notLabelled: meanOf(group, (p) => p.notLabelled),
      setAside: meanOf(group, (p) => p.setAside),
      untouchedTiles: meanOf(group, (p) => p.untouchedTiles),
      calledOther: meanOf(group, (p) => p.calledOther),
      ...(group.every((p) => p.calibrationError !== undefined) && {
        calibrationError: meanOf(group, (p) => p.calibrationError!),
      }),
    }
  })
}

const scoredNames = { notLabelled: 'not labelled', setAside: 'set aside', untouchedTiles: 'untouched' } as const

function effortInWords(random: number, queue: number | null): string {
  if (queue === null) return 'not reached by the queue'
  if (queue === 0) return 'no better than before learning'
  return `${Math.round(queue)} by the queue, ${Math.round((100 * queue) / random)} %`
}

export function learningInWords(r: LearningBench): string {
  const number = (v: number | undefined) => (v === undefined ? '' : v.toFixed(3).replace(/^0/, ''))
  const rows = r.means.map((m) => [
    m.order,
    String(m.labels),
    m.arm === 'before' ? 'before learning' : armNames[m.arm],
    number(m.notLabelled),
    number(m.setAside),
    number(m.untouchedTiles),
    number(m.calibrationError),
    number(m.calledOther),
  ])
  const head = [
    'order',
    'labels',
    'what learns',
    'not labelled',
    'set aside',
    'untouched',
    'calibration error',
    'class not in data',
  ]
  const widths = head.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c].length)))
  const hospitals = [...new Set(r.splits.map(({ hospital }) => hospital))].filter((name) => name !== null)
  const count = (of: (split: LearningBench['splits'][number]) => number) =>
    r.splits.map((split) => of(split)).join(', ')
  return [
    `${r.model} on ${r.data}, ${r.splits.length} seed${r.splits.length === 1 ? '' : 's'}. Accuracy, means over seeds.`,
    `Nuclei in the tiles labelled in: ${count(({ nuclei }) => nuclei.touched)}; in the tiles nobody touched: ${count(({ nuclei }) => nuclei.untouched)}` +
      (hospitals.length > 0
        ? ` (of a hospital in which nothing was labelled: ${hospitals.join(', ')} in turn)`
        : ' (the names of the tiles do not tell hospitals)'),
    ...[head, ...rows].map((row) =>
      row
        .map((cell, c) => cell.padEnd(widths[c]))
        .join('  ')
        .trimEnd(),
    ),
    ...r.effort.map(
      ({ scoredOn, random, accuracy, queue }) =>
        `${random} random labels (${number(accuracy)}, ${scoredNames[scoredOn]}): ${effortInWords(random, queue)}`,
    ),
  ].join('\n')
}

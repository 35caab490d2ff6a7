import { InvalidArgumentError } from 'commander'
import { FailureError, message, type LabelledSlide, type ProbeResult, type ProbeRun } from '../../contract/index.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { bootstrap } from '../../../models/metrics/bootstrap.ts'
import { classificationScore } from '../../../models/metrics/classification.ts'
import { labelledSlides, needClasses, needScale, openData } from '../data/dataSlides.ts'
import { boxesOfDots, dotDetector, dotRadius } from '../data/dotBoxes.ts'
import type { DataSet } from '../../formats/dataSets/index.ts'
import { findEncoder } from '../findEncoder.ts'
import { dataMapHelp, dataMpp, positive, wholeNumber } from '../options.ts'
import { progress, run, type Verb } from '../verb.ts'

interface Options {
  data: string
  tiles: string
  model?: string[]
  seeds: number
  labels?: (number | null)[]
  detector?: string
  radius: number
  mpp?: number
  dataMap?: string
  json?: boolean
}

/** karyon probe: measures how well one linear layer separates classes by an encoder's tokens. */
export const probe: Verb = (program) =>
  program
    .command('probe')
    .description(
      'train one linear layer on frozen nucleus tokens of the other images and score it on these (metric A: given nuclei)',
    )
    .requiredOption('--data <folder>', 'data set whose nuclei have classes')
    .requiredOption(
      '--tiles <names>',
      'score on these images, or with a leading ! on all but these; learn on the others',
    )
    .option(
      '--model <id|folder...>',
      'model to probe, or preset:<name> for random weights; two are compared',
      atMostTwo,
    )
    .option('--seeds <n>', 'probes with other folds, and other weights of a preset', wholeNumber, 1)
    .option('--labels <n,…>', 'learn from so many labels, drawn at random by each seed: e.g. 50,200,all', labelCounts)
    .option('--detector <id|folder>', 'what finds the nuclei where a data set has dots (default: the built-in one)')
    .option('--radius <µm>', 'how far a dot may lie from its nucleus', positive, dotRadius)
    .option('--data-map <names>', dataMapHelp)
    .option('--mpp <m>', dataMpp, positive)
    .option('--json', 'result as JSON on stdout')
    .action((options: Options) => run(options, () => probeModels(options), human))

function atMostTwo(model: string, before: string[] | undefined): string[] {
  const models = [...(before ?? []), model]
  if (models.length > 2) throw new InvalidArgumentError('one model is probed, or two are compared.')
  return models
}

async function probeModels({ data, model = [], seeds, labels = [null], ...options }: Options) {
  if (seeds < 1) throw new FailureError('invalid-input', message('needsSeed'))
  const models = await Promise.all((model.length ? model : [undefined]).map((name) => findEncoder(name)))
  const { chosen, left } = await openData([data], options)
  const [tested, known] = [chosen[0], left[0]]
  needClasses(tested)
  needScale(tested)
  needScale(known)
  if (known.images.length === 0) throw new FailureError('empty', message('probeTiles', { tiles: options.tiles }))
  const classes = [...tested.classes]
  const detector = await dotDetector(options.detector)
  const engine = connectEngine()
  try {
    const slidesOf = async (set: DataSet) =>
      labelledSlides((await boxesOfDots(engine, set, detector, options.radius)).set, classes)
    const [test, train] = [await slidesOf(tested), await slidesOf(known)]
    const scored: ProbedModel[] = []
    for (const name of models) {
      const draws = Array.from({ length: seeds }, (_, s) => s + 1)
      const params = { model: name, classes, train, test, labels, seeds: draws }
      const onProgress = ({ done, of }: { done: number; of: number }) => progress(`probing ${name}: ${done}/${of}`)
      scored.push(...scoresOf(name, await engine.call('probe', params, { onProgress }), test, classes))
    }
    return {
      metric: 'A' as const,
      method: 'linear probe on frozen nucleus tokens',
      trainedOn: { images: train.length, nuclei: train.reduce((n, { index }) => n + index.length, 0) },
      scoredOn: { images: test.length, nuclei: test.reduce((n, { index }) => n + index.length, 0) },
      models: scored.map(({ report }) => report),
      differences:
        models.length < 2
          ? []
          : scored
              .slice(0, scored.length / 2)
              .map((first, k) => difference(first, scored[scored.length / 2 + k], test.length)),
    }
  } finally {
    await engine.close()
  }
}

/** Scores the predictions of all seeds together, on the test images at these positions. */
type ScoreOn = (images: ArrayLike<number>) => ReturnType<typeof classificationScore>
type ProbedModel = ReturnType<typeof scoreOf>

/** Returns the scores of one model, one for each number of labels. */
function scoresOf(model: string, { runs, seconds }: ProbeResult, test: readonly LabelledSlide[], classes: string[]) {
  const counts = [...new Set(runs.map(({ labelled }) => labelled))]
  return counts.map((labelled) => {
    const own = runs.filter((one) => one.labelled === labelled)
    return scoreOf({ model, labelled, seconds }, own, test, classes)
  })
}

function scoreOf(
  about: { readonly model: string; readonly labelled: number; readonly seconds: number },
  runs: readonly ProbeRun[],
  test: readonly LabelledSlide[],
  classes: string[],
) {
  const on = (some: readonly ProbeRun[], images: ArrayLike<number>) => {
    const truth: number[] = []
    const predicted: number[] = []
    for (const i of Array.from(images))
      for (const { predicted: said } of some) {
        truth.push(...test[i].label)
        predicted.push(...said[i])
      }
    return classificationScore(truth, predicted, classes)
  }
  const all = [...test.keys()]
  const score: ScoreOn = (images) => on(runs, images)
  const { accuracy, weightedF1, macroF1, classes: byClass } = score(all)
  const report = {
    ...about,
    accuracy,
    weightedF1,
    macroF1,
    classes: byClass,
    /** 95 % confidence interval, resampled by image. */
    interval: {
      accuracy: bootstrap(test.length, (drawn) => score(drawn).accuracy),
      weightedF1: bootstrap(test.length, (drawn) => score(drawn).weightedF1),
    },
    seeds: runs.map((one) => {
      const { accuracy, weightedF1, macroF1 } = on([one], all)
      return {
        seed: one.seed,
        accuracy,
        weightedF1,
        macroF1,
        penalty: one.penalty,
        leftOutAccuracy: one.leftOutAccuracy,
      }
    }),
  }
  return { report, score }
}

/** Returns the first model's scores minus the second's, on the same images. */
function difference(a: ProbedModel, b: ProbedModel, images: number) {
  const of = (key: 'accuracy' | 'weightedF1' | 'macroF1') => ({
    value: a.report[key] - b.report[key],
    interval: bootstrap(images, (drawn) => a.score(drawn)[key] - b.score(drawn)[key]),
  })
  const { labelled } = a.report
  return { labelled, accuracy: of('accuracy'), weightedF1: of('weightedF1'), macroF1: of('macroF1') }
}

function human(r: Awaited<ReturnType<typeof probeModels>>): string {
  const range = (i: { low: number; high: number } | undefined) =>
    i ? ` [${i.low.toFixed(3)}, ${i.high.toFixed(3)}]` : ' (no interval from one image)'
  return [
    `Linear probe, metric A (given nuclei): learned on up to ${r.trainedOn.nuclei} nuclei of ${r.trainedOn.images} images, ` +
      `scored on ${r.scoredOn.nuclei} of ${r.scoredOn.images}; intervals 95 % by image.`,
    ...r.models.flatMap((m) => [
      `${m.model}, ${m.labelled} labels`,
      `  accuracy ${m.accuracy.toFixed(3)}${range(m.interval.accuracy)}, weighted F1 ${m.weightedF1.toFixed(3)}` +
        `${range(m.interval.weightedF1)}, macro F1 ${m.macroF1.toFixed(3)}`,
      ...m.classes.map((c) => `  ${c.name.padEnd(18)} F1 ${c.f1 === null ? '   –' : c.f1.toFixed(3)}`),
    ]),
    ...r.differences.flatMap(({ labelled, ...scores }) =>
      Object.entries(scores).map(
        ([name, { value, interval }]) =>
          `First less second, ${labelled} labels, ${name}: ${value.toFixed(3)}${range(interval)}`,
      ),
    ),
  ].join('\n')
}

function labelCounts(text: string): (number | null)[] {
  return text.split(',').map((part) => {
    const count = Number(part)
    if (part.trim() === 'all') return null
    if (!Number.isInteger(count) || count < 1)
      throw new InvalidArgumentError('give whole numbers or "all", e.g. 50,200,all.')
    return count
  })
}

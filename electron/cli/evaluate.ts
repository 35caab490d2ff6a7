import { Option } from 'commander'
import { FailureError } from '../contract/index.ts'
import { openDataSet, selectTiles, type DataSet } from '../formats/dataSet.ts'
import { readModelFolder } from '../formats/modelFolder.ts'
import { connectEngine } from '../launch/engineClient.ts'
import { findModel } from '../launch/models.ts'
import { classificationScore, type ClassificationScore } from '../../models/metrics/classification.ts'
import { baselineScore } from './baseline.ts'
import { dataSets, labelledSlides } from './dataSlides.ts'
import { classifyNuclei } from './nuclei.ts'
import { positive } from './options.ts'
import { progress, run, type Verb } from './verb.ts'

interface Options {
  data: string
  tiles?: string
  model?: string
  metric: 'A'
  mpp?: number
  baseline: boolean
  int8?: boolean
  json?: boolean
}

/** karyon evaluate: scores of a model on labelled nuclei. */
export const evaluate: Verb = (program) =>
  program
    .command('evaluate')
    .description('score a model on labelled nuclei (metric A: classes of the given nuclei)')
    .requiredOption('--data <folder>', 'data folder (images/ + coco.json)')
    .option('--tiles <names>', 'only these images, or with a leading ! all but these')
    .option('--model <id|folder>', 'model to score')
    .addOption(new Option('--metric <name>', 'A = on given nuclei').choices(['A']).default('A'))
    .option('--mpp <m>', 'µm per pixel of the images', positive)
    .option('--no-baseline', 'leave out the logistic regression trained on the other images of the folder')
    .option('--int8', 'encode in 8 bits: faster on the processor, nearly the same tokens')
    .option('--json', 'result as JSON on stdout')
    .action((options: Options) => run(options, () => score(options), human))

async function score(options: Options) {
  const modelFolder = await findModel(options.model)
  const { classes } = (await readModelFolder(modelFolder)).json
  const [data] = await dataSets([options.data], options.tiles, options.mpp)
  const unknown = data.classes.filter((name) => !classes.includes(name))
  if (unknown.length > 0)
    throw new FailureError(
      'invalid-input',
      `The model's classes (${classes.join(', ')}) must include those of the data; "${unknown.join('", "')}" of ${options.data} is not among them.`,
    )
  const truth: number[] = []
  const predicted: number[] = []
  const precision = options.int8 ? 'int8' : 'float32'
  const engine = connectEngine()
  try {
    for (const [i, slide] of labelledSlides(data, classes, options.mpp).entries()) {
      progress(`scoring image ${i + 1}/${data.images.length}`)
      if (slide.nuclei.count === 0) continue
      const result = await classifyNuclei(engine, slide.slide, slide.mpp, slide.nuclei, modelFolder, precision)
      truth.push(...slide.label)
      predicted.push(...result.classIndex)
    }
  } finally {
    await engine.close()
  }
  const baseline = options.baseline ? await baselineOn(data, classes, options) : undefined
  return {
    metric: options.metric,
    ...classificationScore(truth, predicted, classes),
    ...(baseline ? { baseline } : {}),
  }
}

/** The baseline is trained on the images of the folder that are not scored; without such it is left out. */
async function baselineOn(
  data: DataSet,
  classes: readonly string[],
  { data: folder, tiles }: Options,
): Promise<object | undefined> {
  if (!tiles) return undefined
  const rest = selectTiles(await openDataSet(folder), tiles.startsWith('!') ? tiles.slice(1) : `!${tiles}`)
  progress('training the baseline')
  const score = await baselineScore(rest, data, classes)
  return {
    method: 'logistic regression on colour, size and shape of the same nuclei',
    trainedOn: rest.images.length,
    ...score,
  }
}

function human(r: Awaited<ReturnType<typeof score>>): string {
  const line = (s: ClassificationScore) =>
    `accuracy ${s.accuracy.toFixed(3)}, weighted F1 ${s.weightedF1.toFixed(3)}, macro F1 ${s.macroF1.toFixed(3)}`
  const show = (v: number | null) => (v === null ? '   –' : v.toFixed(3))
  return [
    `Metric ${r.metric} (given nuclei) on ${r.nuclei} nuclei: ${line(r)}`,
    ...r.classes.map(
      (c) =>
        `  ${c.name.padEnd(18)} F1 ${show(c.f1)}  Jaccard ${show(c.jaccard)}  precision ${show(c.precision)}  recall ${show(c.recall)}  n ${c.support}`,
    ),
    ...(r.baseline
      ? [`Baseline, ${(r.baseline as { method: string }).method}: ${line(r.baseline as ClassificationScore)}`]
      : []),
  ].join('\n')
}

import { resolve } from 'node:path'
import { Option } from 'commander'
import { z } from 'zod'
import { FailureError, message, type DetectorSource } from '../../contract/index.ts'
import { connectEngine, type Engine } from '../../launch/engineClient.ts'
import { findDetector } from '../../launch/detectors.ts'
import type { DataImage } from '../../formats/dataSets/index.ts'
import { centroidOf } from '../../../models/geometry/outline.ts'
import { detectionScore, diceOf, type DetectionMatch } from '../../../models/metrics/detection.ts'
import { matchCentroids } from '../../../models/metrics/matchCentroids.ts'
import { outlineOf } from '../../../models/nuclei/nuclei.ts'
import { needScale, openData } from '../data/dataSlides.ts'
import { readRecipe } from '../data/recipe.ts'
import { truthOf } from '../data/systems.ts'
import { detectNuclei } from '../nuclei.ts'
import { dataMpp, positive, wholeNumber } from '../options.ts'
import { progress, run, type Verb } from '../verb.ts'

interface TrainOptions {
  recipe: string
  root: string
  stem?: string
  start?: string
  output: string
  steps?: number
  minutes?: number
  resume?: boolean
  mpp?: number
  seed: number
  threads?: number
  title?: string
  licence?: string
  json?: boolean
}
interface ScoreOptions {
  detector?: string
  data: string
  tiles?: string
  mpp?: number
  radius: number
  threshold?: number
  json?: boolean
}

const defaultSteps = 3000
/** Default matching radius, µm. HoVer-Net's protocol: 12 px at 40×. */
const defaultRadius = 3

/** `karyon detector …`: trains and scores detectors of nuclei. */
export const detector: Verb = (program) => {
  const verb = program.command('detector').description('train and score what finds nuclei').exitOverride()
  verb
    .command('train')
    .description('train a detector of nuclei on outlines and dots, and write its folder')
    .requiredOption('--recipe <json>', 'sources of pictures and how often they are met')
    .requiredOption('--root <folder>', 'folder that the recipe’s paths start from')
    .option(
      '--stem <folder>',
      'begin with the stem of a model, as `models import` makes it of EfficientNet-Lite0’s .pth',
    )
    .addOption(new Option('--start <folder>', 'begin with another detector').conflicts('stem'))
    .option('--steps <n>', `train for so many steps of 6 crops (default: ${defaultSteps})`, wholeNumber)
    .addOption(new Option('--minutes <m>', 'train for about so long').argParser(positive).conflicts('steps'))
    .option('--mpp <m>', 'µm per pixel that the detector sees (default: as --start, or 0.4)', positive)
    .option('--resume', 'go on from the checkpoint that an interrupted run left')
    .option('--seed <s>', 'seed of every random number', wholeNumber, 1)
    .option('--threads <n>', 'that onnxruntime may use', wholeNumber)
    .option('--title <text>', 'name of the detector')
    .option('--licence <text>', 'licence of its weights')
    .requiredOption('-o, --output <folder>', 'new detector folder')
    .option('--json', 'result as JSON on stdout')
    .action((options: TrainOptions) => run(options, () => train(options), trained))
  verb
    .command('score')
    .description('how many nuclei a detector finds, and how well it outlines them')
    .requiredOption('--data <path>', 'data set with outlines, boxes or dots')
    .option('--detector <id|folder>', 'built-in or of your own')
    .option('--tiles <names>', 'only these images, or with a leading ! all but these, e.g. !3,8')
    .option('--mpp <m>', dataMpp, positive)
    .option('--radius <µm>', 'how far a nucleus found may lie from the true one', positive, defaultRadius)
    .option('--threshold <p>', 'least probability of a nucleus that is kept (default: the detector’s own)', positive)
    .option('--json', 'result as JSON on stdout')
    .action((options: ScoreOptions) => run(options, () => score(options), scored))
  for (const command of verb.commands) command.exitOverride()
}

const rect = z.tuple([z.number(), z.number(), z.number().positive(), z.number().positive()])
const recipeSchema = z.object({
  sources: z.array(
    z.strictObject({
      data: z.string().min(1),
      tiles: z.string().optional(),
      share: z.number().positive(),
      mpp: z.number().positive().optional(),
      medianDiameter: z.number().positive().optional(),
      merged: z.boolean().optional(),
      empty: z.array(rect).min(1).optional(),
    }),
  ),
})

async function sourcesOf(recipe: string, root: string): Promise<DetectorSource[]> {
  const { sources } = await readRecipe(recipe, recipeSchema)
  return sources.map(({ data, empty, ...source }) => ({
    ...source,
    data: resolve(root, data),
    ...(empty && { empty: empty.map(([x, y, width, height]) => ({ x, y, width, height })) }),
  }))
}

async function train({ recipe, root, stem, start, output, steps, minutes, resume, ...options }: TrainOptions) {
  const { mpp, seed, threads, title, licence } = options
  const out = resolve(output)
  if (resume && (steps ?? minutes) !== undefined)
    process.stderr.write('karyon: --resume goes on to the end that the run began with, whatever length is given now.\n')
  const sources = await sourcesOf(recipe, root)
  const engine = connectEngine()
  try {
    return await engine.call(
      'trainDetector',
      {
        ...{ sources, start: beginning(stem, start), out, checkpoint: `${out}.checkpoint`, resume: resume ?? false },
        ...{ length: minutes === undefined ? { steps: steps ?? defaultSteps } : { minutes }, seed },
        ...{ mpp, threads, title, licence },
      },
      {
        onProgress: ({ step, of, loss, secondsLeft }) =>
          progress(`step ${step}/${of}  loss ${loss.toFixed(3)}  ${Math.ceil(secondsLeft)} s left`),
      },
    )
  } finally {
    await engine.close()
  }
}

function beginning(stem: string | undefined, start: string | undefined) {
  if (start !== undefined) return { detector: resolve(start) }
  if (stem !== undefined) return { stem: resolve(stem) }
  throw new FailureError('invalid-input', message('detectorBegins'))
}

const trained = (r: Awaited<ReturnType<typeof train>>): string =>
  `${r.steps} steps, ${r.crops} crops in ${r.seconds.toFixed(0)} s; loss ${r.firstLoss.toFixed(3)} → ${r.lastLoss.toFixed(3)}.\n` +
  `${r.detector}\nweights SHA-256 ${r.weightsHash}`

async function score({ data, tiles, mpp, radius, threshold, ...options }: ScoreOptions) {
  const folder = await findDetector(options.detector)
  const { chosen } = await openData([data], { tiles, mpp })
  const [set] = chosen
  needScale(set)
  const engine = connectEngine()
  try {
    const images: (DetectionMatch & { image: string })[] = []
    let seconds = 0
    for (const [i, image] of set.images.entries()) {
      progress(`scoring image ${i + 1}/${set.images.length}`)
      const started = performance.now()
      const match = await scoreImage(engine, image, { folder, radius, threshold })
      seconds += (performance.now() - started) / 1000
      images.push({ image: image.name, ...match })
    }
    return {
      radius,
      seconds,
      ...detectionScore(images),
      images: images.map(({ image, ...m }) => ({ image, ...detectionScore([m]) })),
    }
  } finally {
    await engine.close()
  }
}

interface Scoring {
  readonly folder: string
  readonly radius: number
  readonly threshold?: number
}

async function scoreImage(
  engine: Engine,
  image: DataImage,
  { folder, radius, threshold }: Scoring,
): Promise<DetectionMatch> {
  const mpp = image.mpp!
  const nuclei = await detectNuclei(engine, image.path, mpp, { detector: folder, threshold })
  const outlines = Array.from({ length: nuclei.count }, (_, i) => outlineOf(nuclei, i))
  const found = Float64Array.from(outlines.flatMap((outline) => centroidOf(outline)))
  const { centroids } = await truthOf(image, [], [])
  const { pairs } = matchCentroids(centroids, found, radius / mpp)
  const rings = await image.outlines()
  return {
    matched: pairs.length,
    missed: centroids.length / 2 - pairs.length,
    invented: nuclei.count - pairs.length,
    dice: rings ? pairs.map(([t, f]) => diceOf(rings[t], outlines[f])) : [],
  }
}

const scored = (r: Awaited<ReturnType<typeof score>>): string =>
  [
    ...r.images.map((i) => `${i.image}\t${i.f1.toFixed(3)}\t${i.precision.toFixed(3)}\t${i.recall.toFixed(3)}`),
    `F1 ${r.f1.toFixed(4)} (precision ${r.precision.toFixed(3)}, recall ${r.recall.toFixed(3)}) within ${r.radius} µm` +
      (r.medianDice === null ? '' : `; median Dice of the matched ${r.medianDice.toFixed(3)}`),
    `${r.matched} matched, ${r.missed} missed, ${r.invented} invented on ${r.images.length} images in ${r.seconds.toFixed(1)} s`,
  ].join('\n')

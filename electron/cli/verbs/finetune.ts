import { resolve } from 'node:path'
import { Option } from 'commander'
import {
  FailureError,
  finetuneMethods,
  stemTrainings,
  type StemTraining,
  inEnglish,
  message,
  type FinetuneMethod,
  type FinetuneParams,
  type LabelledSlide,
  type TrainingSet,
} from '../../contract/index.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { connectEngine, type Engine } from '../../launch/engineClient.ts'
import { findModel } from '../../launch/models.ts'
import { presets } from '../../../models/nucleusVit/config.ts'
import { indexOfClass, usedClasses } from '../data/classMap.ts'
import {
  labelledSlides,
  needClasses,
  needScale,
  openData,
  outlinedNucleiOfImage,
  withSomeLabels,
} from '../data/dataSlides.ts'
import { boxesOfDots, dotDetector, dotRadius, type DotDetector } from '../data/dotBoxes.ts'
import { openRecipe, type TrainingSource } from '../data/recipe.ts'
import { dataForms, dataMapHelp, dataMpp, positive, wholeNumber } from '../options.ts'
import { progress, run, type Verb } from '../verb.ts'

interface Options {
  data?: string[]
  recipe?: string
  root?: string
  tiles?: string
  detector?: string
  radius: number
  model?: string
  preset?: string
  method: FinetuneMethod
  labels?: number
  measured?: number
  rank?: number
  stem?: StemTraining
  memory?: number
  epochs?: number
  seed: number
  mpp?: number
  dataMap?: string
  checkpoint?: string
  title?: string
  output: string
  json?: boolean
}

/** karyon finetune: writes a new model folder, trained on labelled nuclei. */
export const finetune: Verb = (program) =>
  program
    .command('finetune')
    .description('train a model on labelled nuclei and write a new model folder')
    .option('--data <folder...>', `data sets: ${dataForms}`)
    .addOption(
      new Option(
        '--recipe <json>',
        'instead of --data: one scheme of classes for several data sets, and how often each is met',
      ).conflicts(['data', 'tiles', 'dataMap', 'mpp']),
    )
    .option('--root <folder>', 'folder that the recipe’s paths start from')
    .option('--tiles <names>', 'only these images, or with a leading ! all but these, e.g. 3,8 or !3,8')
    .option('--detector <id|folder>', 'what finds the nuclei where a data set has dots (default: the built-in one)')
    .option('--radius <µm>', 'how far a dot may lie from its nucleus', positive, dotRadius)
    .option('--model <id|folder>', 'parent model')
    .addOption(
      new Option('--preset <name>', 'start from random weights of this size')
        .choices(Object.keys(presets))
        .conflicts('model'),
    )
    .addOption(
      new Option('--method <method>', 'head alone, low-rank updates (LoRA) and head, or the whole network')
        .choices(finetuneMethods)
        .default('full'),
    )
    .option('--labels <n>', 'learn from so many labels, drawn at random by the seed (default: all)', wholeNumber)
    .option(
      '--measured <weight>',
      'also learn to tell measured features of all nuclei and their surroundings (full), e.g. 0.1',
      positive,
    )
    .option('--rank <r>', 'rank of the low-rank updates (lora)', wholeNumber)
    .addOption(
      new Option(
        '--stem <what>',
        'whether a convolutional stem trains too (full); on a data set it does, on few labels not',
      ).choices(stemTrainings),
    )
    .option('--memory <MB>', 'memory training may take; with less it works block by block', positive)
    .option('--epochs <n>', 'epochs (full, lora) or steps (head)', wholeNumber)
    .option('--seed <s>', 'seed of every random number', wholeNumber, 1)
    .option(
      '--checkpoint <file>',
      'keep a checkpoint there, and go on from it where it is of the same job (full, lora)',
    )
    .option('--data-map <names>', dataMapHelp)
    .option('--mpp <m>', dataMpp, positive)
    .option('--title <text>', 'name of the new model')
    .requiredOption('-o, --output <folder>', 'new model folder')
    .option('--json', 'result as JSON on stdout')
    .action((options: Options) => run(options, () => train(options), human))

async function train(options: Options) {
  const parent = options.preset ? `preset:${options.preset}` : await findModel(options.model)
  const { classes, sources } = await sourcesOf(options, parent)
  const detector = await dotDetector(options.detector)
  const engine = connectEngine()
  try {
    const all = await trainingSets(engine, sources, classes, { ...options, detector })
    const slides = options.labels === undefined ? all.slides : withSomeLabels(all.slides, options.labels, options.seed)
    // The card counts the labels that are learned from, not those that the data has.
    const sets = all.sets.map((one, s) => ({
      ...one,
      card: {
        ...one.card,
        ...labelCounts(
          slides.filter(({ set }) => set === s),
          classes,
        ),
      },
    }))
    sayRareClasses(classes, slides)
    const result = await trainOn(engine, { ...paramsOf(options, parent), classes, slides, sets })
    return { ...result, sources: sets.map(({ card }) => card) }
  } finally {
    await engine.close()
  }
}

const paramsOf = (options: Options, parent: string): Omit<FinetuneParams, 'classes' | 'slides'> => ({
  model: parent,
  out: resolve(options.output),
  method: options.method,
  rank: options.rank,
  stem: options.stem,
  memoryMB: options.memory,
  epochs: options.epochs,
  measuredWeight: options.measured,
  seed: options.seed,
  title: options.title,
  checkpoint: options.checkpoint === undefined ? undefined : resolve(options.checkpoint),
})

const trainOn = (engine: Engine, params: FinetuneParams) =>
  engine.call('finetune', params, {
    onProgress: ({ stage, step, of, loss, secondsLeft, note }) =>
      progress(
        `${stage} ${step.toFixed(1)}/${of}` +
          (note ? '  block by block' : '') +
          (loss === undefined ? '' : `  loss ${loss.toFixed(4)}`) +
          (secondsLeft === undefined ? '' : `  ${Math.ceil(secondsLeft)} s left`),
      ),
  })

/** Opens the data sets of --recipe, or of --data. Those of --data count as one and have all classes. */
async function sourcesOf(
  options: Options,
  parent: string,
): Promise<{ classes: string[]; sources: readonly TrainingSource[] }> {
  const { data, recipe, root } = options
  if (recipe !== undefined) {
    if (root === undefined) throw new FailureError('invalid-input', message('recipeNoRoot', { recipe }))
    return openRecipe(recipe, root)
  }
  if (data === undefined) throw new FailureError('invalid-input', message('needsDataOrRecipe'))
  const sets = (await openData(data, options)).chosen.filter(({ images }) => images.length > 0)
  if (sets.length === 0) throw new FailureError('empty', message('tilesLeaveNone'))
  for (const set of sets) {
    needClasses(set)
    needScale(set)
  }
  // A class that no nucleus has would get a row of the head that is only pushed down from where it starts.
  const used = sets.map((set) => ({ classes: usedClasses(set, set.images) }))
  const unused = sets.flatMap((set, i) => set.classes.filter((name) => !used[i].classes.includes(name)))
  const without = [...new Set(unused)].filter(
    (name) =>
      indexOfClass(
        used.flatMap((set) => set.classes),
        name,
      ) < 0,
  )
  if (without.length > 0)
    process.stderr.write(`karyon: ${inEnglish(message('classesLeftOut', { classes: without }))}\n`)
  const classes = classesFor(used, options.preset ? [] : (await readModelFolder(parent)).json.classes)
  if (classes.length === 0)
    throw new FailureError('empty', message('noneLabelled', { sets: sets.map((set) => set.path) }))
  const stated = options.tiles === undefined ? {} : { tiles: options.tiles }
  return { classes, sources: sets.map((set) => ({ set, known: classes, stated: { data: set.path, ...stated } })) }
}

/** Returns the labelled slides of all sources with their data sets. Dots get boxes first. Says on stderr what is used. */
async function trainingSets(
  engine: Engine,
  sources: readonly TrainingSource[],
  classes: string[],
  { detector, radius, measured }: Pick<Options, 'radius' | 'measured'> & { readonly detector: DotDetector },
): Promise<{ slides: LabelledSlide[]; sets: TrainingSet[] }> {
  const slides: LabelledSlide[] = []
  const sets: TrainingSet[] = []
  const shares = sources.reduce((sum, { share = 0 }) => sum + share, 0)
  for (const { set, known, share, stated } of sources) {
    const { set: boxed, match } = await boxesOfDots(engine, set, detector, radius)
    const own: LabelledSlide[] = []
    for (const [i, slide] of labelledSlides(boxed, classes).entries())
      own.push({
        ...slide,
        ...(measured && { nuclei: await outlinedNucleiOfImage(boxed.images[i]) }),
        set: sets.length,
      })
    const labelled = own.reduce((n, { index }) => n + index.length, 0)
    if (labelled === 0 && share !== undefined)
      throw new FailureError('empty', message('sourceNoLabels', { data: set.path }))
    const missing = classes.filter((name) => !known.includes(name))
    const about = { images: own.length, labelled, missing }
    const part = share === undefined ? null : share / shares
    process.stderr.write(`${inEnglish(message('sourceTrained', { data: set.path, share: part, ...about }))}\n`)
    slides.push(...own)
    sets.push({
      share,
      known: known.map((name) => classes.indexOf(name)),
      card: {
        ...stated,
        // Only the folder's name, because a card must not reveal the machine it was made on.
        data: set.path.split(/[\\/]/).slice(-2).join('/'),
        ...about,
        ...labelCounts(own, classes),
        ...(match && { dots: match }),
      },
    })
  }
  return { slides, sets }
}

/** Says on stderr which classes have no example, or hardly any: the model cannot learn them. */
function sayRareClasses(classes: readonly string[], slides: readonly LabelledSlide[]): void {
  const rare = classes
    .map((name, c) => ({ name, count: countOf(slides, c) }))
    .filter(({ count }) => count < fewExamples)
  if (rare.length > 0) process.stderr.write(`karyon: ${inEnglish(message('classesRare', { rare }))}\n`)
}

/** A class with fewer examples is said. */
const fewExamples = 5

const countOf = (slides: readonly LabelledSlide[], c: number): number =>
  slides.reduce((n, { label }) => n + label.filter((l) => l === c).length, 0)

const labelCounts = (slides: readonly LabelledSlide[], classes: readonly string[]) => ({
  labelled: slides.reduce((n, { index }) => n + index.length, 0),
  perClass: Object.fromEntries(classes.map((name, c) => [name, countOf(slides, c)])),
})

/** Returns the classes of all sets: known ones in the parent's order and spelling, then new ones. */
function classesFor(sets: readonly { readonly classes: readonly string[] }[], known: readonly string[]): string[] {
  const all = sets.flatMap((set) => set.classes)
  const old = known.filter((name) => indexOfClass(all, name) >= 0)
  return all.reduce((found, name) => (indexOfClass(found, name) < 0 ? [...found, name] : found), old)
}

const human = (r: Awaited<ReturnType<typeof train>>): string =>
  `Trained on ${r.labelled} labelled nuclei in ${r.seconds.toFixed(0)} s, ${r.steps} steps; loss ${r.firstLoss.toFixed(3)} → ` +
  `${r.lastLoss.toFixed(3)}.\n${r.note ? `${inEnglish(r.note)}\n` : ''}${r.model}\nweights SHA-256 ${r.weightsHash}`

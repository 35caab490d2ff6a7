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
} from '../../contract/index.ts'
import type { DataSet } from '../../formats/dataSets/index.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { findModel } from '../../launch/models.ts'
import { presets } from '../../../models/nucleusVit/config.ts'
import { indexOfClass } from '../data/classMap.ts'
import { labelledSlides, needClasses, needScale, openData } from '../data/dataSlides.ts'
import { dataMapHelp, dataMpp, positive, wholeNumber } from '../options.ts'
import { progress, run, type Verb } from '../verb.ts'

interface Options {
  data: string[]
  tiles?: string
  model?: string
  preset?: string
  method: FinetuneMethod
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
    .requiredOption('--data <folder...>', 'data sets: COCO folder, CoNSeP, PanNuke, HoVer-Net JSON')
    .option('--tiles <names>', 'only these images, or with a leading ! all but these, e.g. 3,8 or !3,8')
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
  const sets = (await openData(options.data, options)).chosen.filter(({ images }) => images.length > 0)
  if (sets.length === 0) throw new FailureError('empty', message('tilesLeaveNone'))
  for (const set of sets) {
    needClasses(set)
    needScale(set)
  }
  const parent = options.preset ? `preset:${options.preset}` : await findModel(options.model)
  const known = options.preset ? [] : (await readModelFolder(parent)).json.classes
  const classes = classesFor(sets, known)
  const params: FinetuneParams = {
    model: parent,
    out: resolve(options.output),
    classes,
    slides: sets.flatMap((set) => labelledSlides(set, classes)),
    method: options.method,
    rank: options.rank,
    stem: options.stem,
    memoryMB: options.memory,
    epochs: options.epochs,
    seed: options.seed,
    title: options.title,
    checkpoint: options.checkpoint === undefined ? undefined : resolve(options.checkpoint),
  }
  const engine = connectEngine()
  try {
    return await engine.call('finetune', params, {
      onProgress: ({ stage, step, of, loss, secondsLeft, note }) =>
        progress(
          `${stage} ${step.toFixed(1)}/${of}` +
            (note ? '  block by block' : '') +
            (loss === undefined ? '' : `  loss ${loss.toFixed(4)}`) +
            (secondsLeft === undefined ? '' : `  ${Math.ceil(secondsLeft)} s left`),
        ),
    })
  } finally {
    await engine.close()
  }
}

/** Returns the classes of all sets: known ones in the parent's order and spelling, then new ones. */
function classesFor(sets: readonly DataSet[], known: readonly string[]): string[] {
  const all = sets.flatMap((set) => set.classes)
  const old = known.filter((name) => indexOfClass(all, name) >= 0)
  return all.reduce((found, name) => (indexOfClass(found, name) < 0 ? [...found, name] : found), old)
}

const human = (r: Awaited<ReturnType<typeof train>>): string =>
  `Trained on ${r.labelled} labelled nuclei in ${r.seconds.toFixed(0)} s, ${r.steps} steps; loss ${r.firstLoss.toFixed(3)} → ` +
  `${r.lastLoss.toFixed(3)}.\n${r.note ? `${inEnglish(r.note)}\n` : ''}${r.model}\nweights SHA-256 ${r.weightsHash}`

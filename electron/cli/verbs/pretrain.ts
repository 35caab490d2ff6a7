import { resolve } from 'node:path'
import { stat } from 'node:fs/promises'
import {
  FailureError,
  defaultLosses,
  message,
  pretrainingLosses,
  type NucleiSource,
  type PretrainingLoss,
  type PretrainParams,
} from '../../contract/index.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { presets, type PresetName } from '../../../models/nucleusVit/config.ts'
import { pretrainSources } from '../data/pretrainSources.ts'
import { dataMpp, positive, wholeNumber } from '../options.ts'
import { InvalidArgumentError, Option } from 'commander'
import { progress, run, type Verb } from '../verb.ts'
import { findModel } from '../../launch/models.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { defaultTokenizerId, findTokenizer, stemTokenizerId } from '../../launch/tokenizers.ts'

interface Options {
  data: string[]
  tiles?: string
  heldOut?: string[]
  preset?: string
  model?: string
  tokenizer?: string
  losses?: PretrainingLoss[]
  epochs?: number
  minutes?: number
  steps?: number
  untilFlat?: boolean
  seed: number
  mpp?: number
  resume?: boolean
  title?: string
  output: string
  json?: boolean
}

const defaultPreset: PresetName = 'tiny-near'

function lossList(text: string): PretrainingLoss[] {
  const names = text.split(',').map((name) => name.trim())
  const known = pretrainingLosses.filter((loss) => names.includes(loss))
  if (known.length !== names.length)
    throw new InvalidArgumentError(`give one or more of ${pretrainingLosses.join(', ')}, separated by commas.`)
  return known
}

/** karyon pretrain: trains an encoder on unlabelled slides by masked image modelling. */
export const pretrain: Verb = (program) =>
  program
    .command('pretrain')
    .description('train an encoder on unlabelled slides and pictures by masked image modelling')
    .requiredOption(
      '--data <path...>',
      'slides, data sets or folders of pictures; nuclei are found where none are given',
    )
    .option('--tiles <names>', 'only these images, or with a leading ! all but these, e.g. 3,8 or !3,8')
    .option('--held-out <path...>', 'scored at the end; by default the images that --tiles leaves out')
    .option('--model <id|folder>', 'train on with the encoder of this model')
    .addOption(
      new Option('--preset <name>', `random weights of this size (without --model: ${defaultPreset})`)
        .choices(Object.keys(presets))
        .conflicts('model'),
    )
    .option('--tokenizer <id|path>', 'visual tokenizer: a built-in one, a tokenizer folder or DALL-E’s encoder.pkl')
    .option(
      '--losses <names>',
      `what is predicted: patches, nuclei (their visual tokens), measured (features of nuclei and their surroundings), ` +
        'surroundings (what a stem sees of nuclei, and its means around them), views (nuclei are alike in two views); ' +
        'default: with a stem all but views, else patches,nuclei',
      lossList,
    )
    .addOption(new Option('--epochs <n>', 'passes over the pixels').argParser(positive).conflicts(['minutes', 'steps']))
    .addOption(new Option('--minutes <m>', 'train for about so long').argParser(positive).conflicts('steps'))
    .option('--steps <n>', 'train for so many steps', wholeNumber)
    .option('--until-flat', 'end before that when masked tokens of held-out images are no longer told better')
    .option('--seed <s>', 'seed of every random number', wholeNumber, 1)
    .option('--mpp <m>', dataMpp, positive)
    .option('--resume', 'go on from the checkpoint that an interrupted run left')
    .option('--title <text>', 'name of the new model')
    .requiredOption('-o, --output <folder>', 'new model folder')
    .option('--json', 'result as JSON on stdout')
    .action((options: Options) => run(options, () => train(options), human))

async function train(options: Options) {
  const out = resolve(options.output)
  const checkpoint = `${out}.checkpoint`
  const isLeft = await stat(checkpoint).catch(() => undefined)
  if (isLeft && !options.resume)
    throw new FailureError('invalid-input', message('checkpointLeft', { path: checkpoint }))
  if (!isLeft && options.resume) throw new FailureError('not-found', message('noCheckpoint', { path: checkpoint }))
  if (options.resume && (options.epochs ?? options.minutes ?? options.steps) !== undefined)
    process.stderr.write('karyon: --resume goes on to the end that the run began with, whatever length is given now.\n')
  const engine = connectEngine()
  try {
    const { sources, leftOut } = await pretrainSources(engine, options.data, options)
    const heldOut: NucleiSource[] = options.heldOut
      ? (await pretrainSources(engine, options.heldOut, { mpp: options.mpp })).sources
      : leftOut
    const model = options.model ? await findModel(options.model) : `preset:${options.preset ?? defaultPreset}`
    const isStem = options.model !== undefined && (await readModelFolder(model)).json.architecture.stem !== undefined
    const params: PretrainParams = {
      sources,
      heldOut,
      model,
      tokenizer: await findTokenizer(options.tokenizer ?? (isStem ? stemTokenizerId : defaultTokenizerId)),
      losses: options.losses ?? defaultLosses(isStem),
      length: options.steps
        ? { steps: options.steps }
        : options.minutes
          ? { minutes: options.minutes }
          : { epochs: options.epochs ?? defaultEpochs },
      untilFlat: options.untilFlat,
      seed: options.seed,
      out,
      checkpoint,
      resume: options.resume,
      title: options.title,
    }
    return await engine.call('pretrain', params, {
      onProgress: ({ stage, step, of, loss, secondsLeft }) =>
        progress(
          `${stage} ${step.toFixed(1)}/${of}` +
            (loss === undefined ? '' : `  loss ${loss.toFixed(4)}`) +
            (secondsLeft === undefined ? '' : `  ${Math.ceil(secondsLeft)} s left`),
        ),
    })
  } finally {
    await engine.close()
  }
}

/** The authors' number of epochs, for data sets of thousands of tiles. A user with less time gives --minutes. */
const defaultEpochs = 800

function human(r: Awaited<ReturnType<typeof train>>): string {
  const percent = (v: number) => `${(100 * v).toFixed(1)} %`
  const line = (what: string, s: NonNullable<typeof r.heldOut>['patches']) =>
    `Held-out masked ${what} told right: ${percent(s.accuracy)} of ${s.tokens} tokens ` +
    `(most frequent token ${percent(s.mostFrequent)}, copying the nearest visible ${percent(s.nearestVisible)}).`
  return [
    `Pre-trained on ${r.crops} crops in ${r.seconds.toFixed(0)} s, ${r.steps} steps; loss ${r.firstLoss.toFixed(3)} → ` +
      `${r.lastLoss.toFixed(3)}; waited ${r.waited.toFixed(1)} s for crops.`,
    ...r.curve.map(
      ({ step, patches, nuclei }) =>
        `  step ${step}: patches ${percent(patches)}` + (nuclei === null ? '' : `, nuclei ${percent(nuclei)}`),
    ),
    ...(r.heldOut ? [line('patches', r.heldOut.patches)] : []),
    ...(r.heldOut?.nuclei ? [line('nuclei', r.heldOut.nuclei)] : []),
    r.model,
    `weights SHA-256 ${r.weightsHash}`,
  ].join('\n')
}

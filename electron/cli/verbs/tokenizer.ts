import { resolve } from 'node:path'
import type { TrainStemTokenizerResult, TrainTokenizerResult } from '../../contract/index.ts'
import { Option } from 'commander'
import { connectEngine } from '../../launch/engineClient.ts'
import { findModel } from '../../launch/models.ts'
import { findTokenizer } from '../../launch/tokenizers.ts'
import { positive, wholeNumber } from '../options.ts'
import { progress, run, type Verb } from '../verb.ts'

interface Options {
  data: string[]
  tiles?: string
  output: string
  seed: number
  json?: boolean
}
interface TrainOptions extends Options {
  vocabulary?: number
  fromStem?: string
  stains: 'picture' | 'data'
  perplexity?: number | false
  steps?: number
  minutes?: number
  resume?: boolean
  title?: string
  licence?: string
}
interface ShowOptions extends Options {
  pictures: number
}

const defaultSteps = 3000
/** With 64 patches and some 80 nuclei of each crop there are a hundred rows for each of 256 codes. */
const stemCrops = 480
const defaultCodes = { picture: 512, stem: 256 }
/** Default perplexity, as the built-in tokenizer's. A vocabulary smaller than twice this uses half its size. */
const defaultPerplexity = 64

/** `karyon tokenizer …`: trains and shows tokenizers. Visual tokens are the targets of pre-training. */
export const tokenizer: Verb = (program) => {
  const verb = program.command('tokenizer').description('train and look at visual tokenizers').exitOverride()
  verb
    .command('train')
    .description('train a visual tokenizer on H&E pictures and write its folder')
    .requiredOption('--data <folder...>', 'data sets; no labels are used')
    .option('--tiles <names>', 'only these images, or with a leading ! all but these, e.g. !3,8')
    .option(
      '--vocabulary <n>',
      `number of codes (default: ${defaultCodes.picture}; --from-stem: ${defaultCodes.stem})`,
      wholeNumber,
    )
    .option('--from-stem <id|folder>', 'make tokens from the features of this model’s stem instead')
    .addOption(
      new Option('--stains <what>', 'take out of the stains each picture’s own mean and spread, or those of the data')
        .choices(['picture', 'data'])
        .default('picture'),
    )
    .option(
      '--perplexity <n>',
      `how varied tokens shall be: rare codes cost, so that what differs little gets one token (default: ${defaultPerplexity})`,
      positive,
    )
    .option('--no-perplexity', 'the nearest code whatever its rarity: codes in nearly even use')
    .option('--steps <n>', `train for so many steps (default: ${defaultSteps})`, wholeNumber)
    .addOption(new Option('--minutes <m>', 'train for about so long').argParser(positive).conflicts('steps'))
    .option('--resume', 'go on from the checkpoint that an interrupted run left')
    .option('--seed <s>', 'seed of every random number', wholeNumber, 1)
    .option('--title <text>', 'name of the tokenizer')
    .option('--licence <text>', 'licence of its weights')
    .requiredOption('-o, --output <folder>', 'new tokenizer folder')
    .option('--json', 'result as JSON on stdout')
    .action((options: TrainOptions) => run(options, () => train(options), trained))
  verb
    .command('show')
    .description('what a tokenizer keeps of pictures (PNG), and how it uses its codes')
    .argument('<id|folder|pkl>', 'built-in tokenizer, tokenizer folder, or DALL-E’s encoder.pkl')
    .requiredOption('--data <folder...>', 'data sets')
    .option('--tiles <names>', 'only these images, or with a leading ! all but these, e.g. !3,8')
    .option('--pictures <n>', 'how many pictures to write', wholeNumber, 8)
    .option('--seed <s>', 'seed of the masks', wholeNumber, 1)
    .requiredOption('-o, --output <folder>', 'folder for the pictures')
    .option('--json', 'result as JSON on stdout')
    .action((path: string, options: ShowOptions) => run(options, () => show(path, options), shown))
  for (const command of verb.commands) command.exitOverride()
}

async function train({ data, tiles, output, minutes, resume, ...options }: TrainOptions) {
  const { stains, steps, seed, title, licence, fromStem } = options
  const { vocabulary = defaultCodes.picture } = options
  const out = resolve(output)
  if (fromStem !== undefined) return trainFromStem({ data, tiles, output, ...options }, fromStem)
  if (resume && (steps ?? minutes) !== undefined)
    process.stderr.write('karyon: --resume goes on to the end that the run began with, whatever length is given now.\n')
  const length = minutes === undefined ? { steps: steps ?? defaultSteps } : { minutes }
  const { perplexity: wanted = Math.max(2, Math.min(defaultPerplexity, vocabulary / 2)) } = options
  const perplexity = wanted === false ? undefined : wanted
  const engine = connectEngine()
  try {
    return await engine.call(
      'trainTokenizer',
      {
        ...{ data: data.map((path) => resolve(path)), tiles, out, checkpoint: `${out}.checkpoint` },
        ...{ resume: resume ?? false, vocabulary, stains, perplexity, length, seed, title, licence },
      },
      {
        onProgress: ({ step, of, error, secondsLeft }) =>
          progress(`step ${step}/${of}  error ${error.toFixed(4)}  ${Math.ceil(secondsLeft)} s left`),
      },
    )
  } finally {
    await engine.close()
  }
}

async function trainFromStem({ data, tiles, output, seed, title, licence, ...options }: TrainOptions, from: string) {
  const { vocabulary = defaultCodes.stem } = options
  const engine = connectEngine()
  try {
    const params = { data: data.map((path) => resolve(path)), tiles, model: await findModel(from) }
    return await engine.call(
      'trainStemTokenizer',
      { ...params, out: resolve(output), vocabulary, crops: stemCrops, seed, title, licence },
      { onProgress: ({ done, of }) => progress(`${done}/${of}`) },
    )
  } finally {
    await engine.close()
  }
}

async function show(path: string, { data, tiles, output, pictures, seed }: ShowOptions) {
  const engine = connectEngine()
  try {
    const params = {
      tokenizer: await findTokenizer(path),
      data: data.map((d) => resolve(d)),
      tiles,
      out: resolve(output),
      pictures,
      seed,
    }
    return await engine.call('showTokenizer', params, {
      onProgress: ({ done, of }) => progress(`image ${done}/${of}`),
    })
  } finally {
    await engine.close()
  }
}

const trained = (r: TrainTokenizerResult | TrainStemTokenizerResult): string =>
  ('steps' in r
    ? `${r.steps} steps in ${r.seconds.toFixed(0)} s; error ${r.firstError.toFixed(3)} → ${r.lastError.toFixed(3)}.\n`
    : `made in ${r.seconds.toFixed(0)} s\n`) + `${r.tokenizer}\nweights SHA-256 ${r.weightsHash}`

function shown(r: Awaited<ReturnType<typeof show>>): string {
  const use = (what: string, u: typeof r.crops) =>
    `${what}: ${u.tokens} tokens, ${(100 * u.share).toFixed(0)} % of the codes, perplexity ${u.perplexity.toFixed(0)}, most frequent ${u.mostFrequent.toFixed(4)}`
  return [
    `${r.tokenizer}, vocabulary ${r.vocabulary}, on ${r.images} images`,
    use('crops', r.crops),
    ...(r.nuclei ? [use('nuclei', r.nuclei)] : []),
    `masked tokens that the nearest visible one tells: ${r.nearestVisible.toFixed(4)}`,
    ...(r.error === null ? [] : [`error of the pictures given back: ${r.error.toFixed(3)} (grey: 1)`]),
    ...(r.classes
      ? [
          `class told from a nucleus’s tokens: ${r.classes.accuracy.toFixed(3)} of ${r.classes.nuclei} (commonest class ${r.classes.commonest.toFixed(3)})`,
        ]
      : []),
    ...r.pictures,
  ].join('\n')
}

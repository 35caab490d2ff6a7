import { createHash } from 'node:crypto'
import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FailureError, systemFailure, message } from '../../contract/index.ts'
import { vocabularyLimit, writeTokenizerFolder, type TokenizerJson } from '../../formats/weights/tokenizerFolder.ts'
import { trainingTable } from '../../formats/weights/trainingTable.ts'
import { random } from '../../../models/nn/random.ts'
import type { StainTokenizerConfig } from '../../../models/tokenizer/stainTokenizer.ts'
import { stepsOfCheckpoint } from '../train/checkpoint.ts'
import type { Handler } from '../handler.ts'
import { stainScaleOf, type StainScale } from '../../../models/tokenizer/stainPlanes.ts'
import { tokenizerSets } from './data.ts'
import { nextBatch } from './sampler.ts'
import { initialTokenizer, tokenizerLayout } from './step.ts'
import { runTokenizerTraining, tokenizerRecipe, type TokenizerTraining } from './trainingRun.ts'

/** Architecture that tokenises a crop and its 100 nuclei in about 11 ms on two cores (see the engine's README). */
const shape = { widths: [24, 48, 96], blocks: 0, codeWidth: 16 } satisfies Omit<StainTokenizerConfig, 'vocabulary'>

/** Trains a visual tokenizer and writes its folder. An interrupted run leaves a checkpoint to continue from. */
export const trainTokenizer: Handler<'trainTokenizer'> = async (params, context) => {
  const started = performance.now()
  const { out, vocabulary, seed, resume } = params
  if (await stat(out).catch(() => undefined))
    throw new FailureError('invalid-input', message('folderTaken', { path: out }))
  if (vocabulary < 2 || vocabulary > vocabularyLimit)
    throw new FailureError('invalid-input', message('vocabularySize', { most: vocabularyLimit, given: vocabulary }))
  if (params.perplexity !== undefined && !(params.perplexity >= 2 && params.perplexity <= vocabulary))
    throw new FailureError('invalid-input', message('perplexityRange', { vocabulary, given: params.perplexity }))
  if ('steps' in params.length && params.length.steps < 1) throw new FailureError('invalid-input', message('needsStep'))
  const sets = await tokenizerSets(params)
  if (sets.length === 0) throw new FailureError('empty', message('tilesLeaveNone'))
  const scale = params.stains === 'data' ? await scaleOf(sets) : undefined
  const config: StainTokenizerConfig = {
    ...shape,
    vocabulary,
    ...(scale && { scale }),
    ...(params.perplexity !== undefined && { perplexity: params.perplexity }),
  }
  const images = sets.map((set) => set.map(({ name }) => name))
  const key = createHash('sha256')
    .update(JSON.stringify([images, config, tokenizerRecipe, seed]))
    .digest('hex')
  const checkpoint = { path: params.checkpoint, key }
  if (!resume) await makeRoom(checkpoint.path)
  const rng = random(seed)
  const layout = tokenizerLayout(config)
  const values = initialTokenizer(layout, rng)
  const stepsBefore = resume ? await stepsOfCheckpoint(checkpoint) : undefined
  const steps = stepsBefore ?? (await stepsFor(params.length, { config, layout, values, sets }))
  let first: number | undefined
  const run = await runTokenizerTraining({
    config,
    layout,
    values,
    sets,
    recipe: { ...tokenizerRecipe, steps },
    random: rng,
    checkpoint,
    resume,
    onStep: async ({ step, of, error }) => {
      await context.breathe()
      const elapsed = performance.now() - started
      first ??= step - 1
      context.progress({ step, of, error, secondsLeft: ((elapsed / 1000) * (of - step)) / (step - first) })
    },
  })
  const { firstError, lastError } = run
  const description = {
    title: params.title ?? `Visual tokens, vocabulary of ${vocabulary}`,
    architecture: { ...config, widths: shape.widths },
    created: new Date().toISOString(),
    licence: params.licence ?? 'not stated',
    training: { pictures: images.map(({ length }) => length), steps, seed, error: lastError },
  }
  const weights = layout.slots.map(
    ({ name, shape: dims, offset, size }) =>
      [name, { shape: dims, data: values.subarray(offset, offset + size) }] as const,
  )
  const { weightsHash } = await writeTokenizerFolder(out, description, weights, (json) => tokenizerCard(config, json))
  await rm(checkpoint.path, { force: true })
  return { tokenizer: out, weightsHash, steps, firstError, lastError, seconds: (performance.now() - started) / 1000 }
}

/** Range of steps that are timed. The first few are excluded because they open the graphs. */
const paced = { from: 5, to: 25 }

/** Converts minutes to steps by timing a few steps on a copy of the weights. */
async function stepsFor(
  length: Parameters<typeof trainTokenizer>[0]['length'],
  job: Pick<TokenizerTraining, 'config' | 'layout' | 'values' | 'sets'>,
): Promise<number> {
  if ('steps' in length) return length.steps
  let began = 0
  let ended = 0
  await runTokenizerTraining({
    ...job,
    values: job.values.slice(),
    recipe: { ...tokenizerRecipe, steps: paced.to },
    random: random(1),
    onStep: ({ step }) => {
      if (step === paced.from) began = performance.now()
      ended = performance.now()
      return Promise.resolve()
    },
  })
  return Math.max(1, Math.round((60_000 * length.minutes * (paced.to - paced.from)) / (ended - began)))
}

/** Number of batches used to measure the stains' mean and spread: some hundred crops. */
const scaleBatches = 40

async function scaleOf(sets: Awaited<ReturnType<typeof tokenizerSets>>): Promise<StainScale> {
  const rng = random(scaleBatches)
  const crops: Uint8Array[] = []
  for (let i = 0; i < scaleBatches; i++) crops.push((await nextBatch(sets, rng)).crops)
  return stainScaleOf(Buffer.concat(crops))
}

/** Creates the checkpoint's folder and removes an older checkpoint, so that a failure shows before hours are spent. */
async function makeRoom(checkpoint: string): Promise<void> {
  try {
    await mkdir(dirname(checkpoint), { recursive: true })
    await rm(checkpoint, { force: true })
  } catch (error) {
    const failure = systemFailure(error, { do: 'writeFile', path: checkpoint })
    if (failure) throw FailureError.of(failure)
    throw error
  }
}

/**
 * Returns a tokenizer's card in Markdown with what is known when it is written. `karyon tokenizer show` measures the
 * rest.
 */
const tokenizerCard = (
  architecture: StainTokenizerConfig,
  { title, created, licence, training }: TokenizerJson,
): string =>
  `# ${title}

For research use only. Not a medical device.

One visual token for each 8×8 pixels, from a vocabulary of ${architecture.vocabulary}: a vector-quantised autoencoder of haematoxylin and
eosin, ${architecture.scale ? 'on one scale for all pictures' : 'with each picture’s own mean and spread taken out'}. Channels ${architecture.widths.join(', ')}, ${architecture.blocks} blocks, codes of length ${architecture.codeWidth}.

- Made: ${created}
- Licence: ${licence}

${trainingTable(training)}
`

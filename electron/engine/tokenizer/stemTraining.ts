import { stat } from 'node:fs/promises'
import { FailureError, message, type TokenizerData } from '../../contract/index.ts'
import type { DataImage } from '../../formats/dataSets/index.ts'
import { vocabularyLimit, writeTokenizerFolder, type TokenizerJson } from '../../formats/weights/tokenizerFolder.ts'
import { inWords, trainingTable } from '../../formats/weights/trainingTable.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { weightsOf } from '../../../models/nn/parameters.ts'
import { random, type Random } from '../../../models/nn/random.ts'
import { stemRois } from '../../../models/nucleusVit/crop.ts'
import {
  featureCounts,
  nearestCentroids,
  standardised,
  stemFeatures,
  tokenised,
  type StemTokenizerConfig,
  type Tokenised,
} from '../../../models/tokenizer/stemTokenizer.ts'
import { cropAt, type CropWithBoxes } from '../../../models/train/augment.ts'
import { loadModel, weightFeeds } from '../encode/encoder.ts'
import type { Handler } from '../handler.ts'
import { engineSession } from '../runtime/providers.ts'
import { tokenizerSets } from './data.ts'
import { stemImage, stemTokenizerLayout } from './stemTokenizers.ts'

/** Side of the crops whose features are clustered, pixels. */
const cropSide = 320
const patchesPerCrop = 64
const rounds = 25

/**
 * Makes a tokenizer from the stem of a model: k-means over the stem's features of patches and of nuclei (Lloyd 1982),
 * on crops that are drawn at random, a data set first and then one of its pictures.
 */
export const trainStemTokenizer: Handler<'trainStemTokenizer'> = async (params, context) => {
  const started = performance.now()
  const { out, vocabulary, crops, seed } = params
  if (await stat(out).catch(() => undefined))
    throw new FailureError('invalid-input', message('folderTaken', { path: out }))
  if (vocabulary < 2 || vocabulary > vocabularyLimit)
    throw new FailureError('invalid-input', message('vocabularySize', { most: vocabularyLimit, given: vocabulary }))
  const model = await loadModel(params.model)
  const { stem } = model.config
  if (!stem) throw new FailureError('invalid-input', message('tokenizerNeedsStem', { path: params.model }))
  const config: StemTokenizerConfig = {
    ...{ stem, patchVocabulary: vocabulary, nucleusVocabulary: vocabulary, mpp: model.mpp },
  }
  const layout = stemTokenizerLayout(config)
  const values = new Float32Array(layout.size)
  for (const { name } of layout.slots.filter((slot) => slot.name.startsWith('stem.')))
    weightsOf({ layout, values }, name).set(weightsOf(model, name))
  const graph = new Graph()
  const session = await engineSession(graph, stemFeatures(graph, stem, cropSide))
  const stemFeeds = weightFeeds(layout, values, session.parameters)

  const rng = random(seed)
  const rows: Record<Tokenised, Float32Array[]> = { patch: [], nucleus: [] }
  const width = featureCounts(stem)
  const drawn = await randomCrops(params, model.mpp, rng)
  for (let k = 0; k < crops; k++) {
    await context.breathe()
    context.progress({ done: k, of: crops + 2 * rounds })
    const { rgb, boxes } = await drawn()
    const features = await session.run({ ...stemFeeds, image: stemImage(rgb), ...stemRois(boxes, cropSide, false) })
    const cells = random(seed + k)
      .permutation((cropSide / 16) ** 2)
      .subarray(0, patchesPerCrop)
    const patches = features.patch.data as Float32Array
    for (const at of cells) rows.patch.push(patches.slice(at * width.patch, (at + 1) * width.patch))
    const nuclei = features.nucleus.data as Float32Array
    for (let i = 0; i < boxes.length / 4; i++)
      rows.nucleus.push(nuclei.slice(i * width.nucleus, (i + 1) * width.nucleus))
  }
  for (const [k, what] of tokenised.entries()) {
    if (rows[what].length < 2 * vocabulary)
      throw new FailureError('empty', message('tooFewToCluster', { what, rows: rows[what].length, vocabulary }))
    const made = await clustered(rows[what], what, vocabulary, random(seed + 1), async (round) => {
      await context.breathe()
      context.progress({ done: crops + k * rounds + round, of: crops + 2 * rounds })
    })
    for (const part of ['mean', 'scale', 'codes'] as const)
      weightsOf({ layout, values }, `${what}.${part}`).set(made[part])
  }
  const description = {
    title: params.title ?? `Visual tokens of ${stem}, ${vocabulary} for patches and ${vocabulary} for nuclei`,
    architecture: config,
    created: new Date().toISOString(),
    licence: params.licence ?? 'not stated',
    training: {
      ...{ stemOf: model.folder.json.id, crops, seed },
      ...{ patches: rows.patch.length, nuclei: rows.nucleus.length },
    },
  }
  const stored = layout.slots.map(
    ({ name, shape, offset, size }) =>
      [name, { shape, data: Float16Array.from(values.subarray(offset, offset + size)) }] as const,
  )
  const { weightsHash } = await writeTokenizerFolder(out, description, stored, stemTokenizerCard)
  return { tokenizer: out, weightsHash, seconds: (performance.now() - started) / 1000 }
}

/** Returns a function that draws a crop at this scale from anywhere in the data. */
async function randomCrops(data: TokenizerData, mpp: number, rng: Random): Promise<() => Promise<CropWithBoxes>> {
  const sets = (await tokenizerSets(data)).map((set) => set.filter(({ boxes }) => boxes.length > 0))
  const known = sets.filter((set): set is DataImage[] => set.length > 0)
  if (known.length === 0) throw new FailureError('empty', message('tokenizerNeedsNuclei'))
  return async () => {
    const set = known[rng.below(known.length)]
    const image = set[rng.below(set.length)]
    const { width, height, data: rgb } = await image.pixels()
    const size = cropSide * (mpp / (image.mpp ?? mpp))
    const place = (length: number) => (length <= size ? length / 2 : rng.between(size / 2, length - size / 2))
    const geometry = { cx: place(width), cy: place(height), size, turns: rng.below(4), mirror: rng.next() < 0.5 }
    return cropAt({ width, height, rgb, boxes: image.boxes }, geometry, cropSide)
  }
}

/** k-means over standardised rows. A code without rows is moved to a random row. */
async function clustered(
  rows: readonly Float32Array[],
  what: Tokenised,
  vocabulary: number,
  rng: Random,
  onRound: (round: number) => Promise<void>,
) {
  const width = rows[0].length
  const count = rows.length
  const mean = new Float64Array(width)
  const square = new Float64Array(width)
  for (const row of rows)
    row.forEach((v, c) => {
      mean[c] += v / count
      square[c] += (v * v) / count
    })
  const scale = Float32Array.from(mean, (m, c) => 1 / Math.sqrt(Math.max(square[c] - m * m, 1e-8)))
  const flat = new Float32Array(count * width)
  rows.forEach((row, i) => flat.set(row, i * width))
  const standard = (i: number, c: number) => (flat[i * width + c] - mean[c]) * scale[c]
  const codes = new Float32Array(vocabulary * width)
  const moveTo = (code: number, row: number) => {
    for (let c = 0; c < width; c++) codes[code * width + c] = standard(row, c)
  }
  rng
    .permutation(count)
    .subarray(0, vocabulary)
    .forEach((row, code) => moveTo(code, row))

  const graph = new Graph()
  const session = await engineSession(graph, {
    tokens: nearestCentroids(standardised(graph.input('rows', ['R', width]), what), what, vocabulary),
  })
  const feeds: Record<string, Float32Array> = {
    [`${what}.mean`]: Float32Array.from(mean),
    [`${what}.scale`]: scale,
    [`${what}.codes`]: codes,
  }
  for (let round = 0; round < rounds; round++) {
    await onRound(round)
    const { tokens } = await session.run({ ...feeds, rows: flat })
    const sums = new Float64Array(vocabulary * width)
    const uses = new Uint32Array(vocabulary)
    ;(tokens.data as BigInt64Array).forEach((token, i) => {
      const code = Number(token)
      uses[code]++
      for (let c = 0; c < width; c++) sums[code * width + c] += standard(i, c)
    })
    uses.forEach((n, code) => {
      if (n === 0) moveTo(code, rng.below(count))
      else for (let c = 0; c < width; c++) codes[code * width + c] = sums[code * width + c] / n
    })
  }
  return { mean: Float32Array.from(mean), scale, codes }
}

const stemTokenizerCard = ({ title, architecture, created, licence, training }: TokenizerJson): string =>
  `# ${title}

For research use only. Not a medical device.

One visual token for each patch of 16×16 pixels and one for each nucleus: the nearest centroid of a frozen stem's features.

- Architecture: ${inWords(architecture)}
- Made: ${created}
- Licence: ${licence}

${trainingTable(training)}
`

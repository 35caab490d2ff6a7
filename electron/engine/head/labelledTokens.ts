import { featureWidth } from '../../../models/nucleusVit/config.ts'
import {
  concatenated,
  unwrap,
  type FinetuneParams,
  type LabelledSlide,
  type Nuclei,
  type SlideNuclei,
} from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { cropsFor, levelZeroBoxes } from '../encode/cropReader.ts'
import { encodedCrops } from '../encode/encodedCrops.ts'
import type { CallContext } from '../handler.ts'
import { encoderOf, type Network } from '../encode/encoder.ts'
import type { Report } from '../train/stageReporter.ts'
import { readTokens, tokenKey, widenRows } from '../encode/tokenCache.ts'

export interface LabelledTokens {
  /** [n, D] */
  readonly tokens: Float32Array
  /** Index into FinetuneParams.classes, length n. */
  readonly labels: Int32Array
  /** Position of the data set of each, length n. */
  readonly sets: Int32Array
  /** Mean token of the slides, labelled or not: their centre in token space. */
  readonly centre: Float32Array
}

/** Most crops of a slide from whose nuclei its mean token is taken. */
const cropsOfCentre = 32

/**
 * Returns the positions, ascending, of the nuclei from which a slide's mean token is taken: those of crops that are spread
 * evenly over it. They depend on the slide, its nuclei and the shape of the network alone, neither on labels nor on what
 * is cached, so that the same labels always give the same weights.
 */
export async function nucleiOfCentre(
  { slide, mpp, nuclei }: { slide: string; mpp: number; nuclei: Pick<Nuclei, 'count' | 'origin' | 'box'> },
  { config, mpp: modelMpp }: Network,
): Promise<Uint32Array> {
  const reader = unwrap(await openSlide(slide, { mpp }))
  try {
    const crops = cropsFor(reader, levelZeroBoxes(nuclei), config, { slideMpp: mpp, modelMpp })
    const step = Math.max(1, crops.length / cropsOfCentre)
    const chosen = Array.from({ length: Math.min(crops.length, cropsOfCentre) }, (_, k) => crops[Math.floor(k * step)])
    const own = chosen.flatMap(({ owned, members }) => Array.from(owned, (k) => members[k]))
    return Uint32Array.from(own).sort()
  } finally {
    await reader.close()
  }
}

/** The mean tokens of slides, each with the number of the slide's nuclei. */
export type SlideMean = { readonly mean: Float64Array; readonly nuclei: number }

/** Returns the mean of the rows [n, width] of a slide's tokens. */
export function meanOfRows(rows: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width)
  for (let i = 0; i < rows.length; i++) mean[i % width] += rows[i]
  return mean.map((sum) => sum / Math.max(1, rows.length / width))
}

/** Returns the centre of slides in token space: the mean of their means, weighted by their nuclei. */
export function centreOf(slides: readonly SlideMean[], width: number): Float32Array {
  const total = slides.reduce((n, { nuclei }) => n + nuclei, 0)
  const centre = new Float64Array(width)
  for (const { mean, nuclei } of slides) mean.forEach((v, k) => (centre[k] += (v * nuclei) / Math.max(1, total)))
  return Float32Array.from(centre)
}

/**
 * Returns the encoder's tokens of some nuclei of a slide [n, D], from the cache if it is valid, otherwise from their
 * crops. They are the same either way: rounded to float16, as the cache keeps them.
 * @param onCrop awaited between crops; may throw to stop
 */
export async function tokensAt(
  { slide, mpp, nuclei, tokens: path }: SlideNuclei,
  index: ArrayLike<number>,
  network: Network,
  onCrop: (done: number, of: number) => Promise<void>,
): Promise<Float32Array> {
  const width = featureWidth(network.config)
  const rows = new Float32Array(index.length * width)
  if (index.length === 0) return rows
  const cached = path && (await readTokens(path, await tokenKey(slide, mpp, nuclei, network), width))
  if (cached) {
    widenRows(cached, index, width, rows)
    return rows
  }
  const found = new Float16Array(index.length * width)
  const rowOf = new Map(Array.from(index, (nucleus, row) => [nucleus, row]))
  const wanted = new Set(rowOf.keys())
  const { config, mpp: modelMpp, views } = network
  const job = { slide, mpp, boxes: levelZeroBoxes(nuclei), config, modelMpp, wanted, views }
  const encoder = await encoderOf(network) // no lanes: there are few crops, and training needs the memory
  let done = 0
  try {
    for await (const { crop, tokens, of } of encodedCrops(job, encoder)) {
      await onCrop(++done, of)
      for (const k of crop.owned) {
        const row = rowOf.get(crop.members[k])
        if (row !== undefined) found.set(tokens.subarray(k * width, (k + 1) * width), row * width)
      }
    }
  } finally {
    encoder.close()
  }
  widenRows(found, Uint32Array.from(rowOf.values()), width, rows)
  return rows
}

/**
 * Returns the encoder's tokens of the labelled nuclei, and the centre of their slides.
 * @param isCentred false: the centre is not needed, and is 0
 */
export async function tokensOfLabelled(
  params: Pick<FinetuneParams, 'slides'>,
  network: Network,
  { breathe }: Pick<CallContext<'finetune'>, 'breathe'>,
  report: Report,
  isCentred = true,
): Promise<LabelledTokens> {
  const width = featureWidth(network.config)
  const slides = params.slides.filter(({ index }) => index.length > 0)
  const rows: Float32Array[] = []
  const means: SlideMean[] = []
  for (const [s, slide] of slides.entries()) {
    const ofCentre = isCentred ? await nucleiOfCentre(slide, network) : new Uint32Array(0)
    const positions = Uint32Array.from(new Set([...slide.index, ...ofCentre]))
    const all = await tokensAt(slide, positions, network, async (done, of) => {
      await breathe()
      report('encoding', s + done / of, slides.length)
    })
    const rowOf = new Map(Array.from(positions, (nucleus, row) => [nucleus, row]))
    const rowsOf = (index: ArrayLike<number>) => {
      const some = new Float32Array(index.length * width)
      Array.from(index, (nucleus) => rowOf.get(nucleus)!).forEach((row, k) =>
        some.set(all.subarray(row * width, (row + 1) * width), k * width),
      )
      return some
    }
    rows.push(rowsOf(slide.index))
    means.push({ mean: meanOfRows(rowsOf(ofCentre), width), nuclei: slide.nuclei.count })
  }
  return {
    tokens: concatenated(Float32Array, rows),
    labels: Int32Array.from(slides.flatMap(({ label }) => [...label])),
    sets: Int32Array.from(slides.flatMap(({ index, set = 0 }: LabelledSlide) => Array.from(index, () => set))),
    centre: centreOf(means, width),
  }
}

import { concatenated, FailureError, message, type LabelledSlide } from '../../contract/index.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { layoutOf, weightsOf } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import { spatialBlocks } from '../../../models/statistics/blocks.ts'
import { readTokens, tokenKey, widenRows } from '../encode/tokenCache.ts'
import type { Start } from '../train/startingPoint.ts'
import { fineTuneHead } from './fineTuneHead.ts'

/** Fewest labels with tokens that say anything about labels or learning. */
export const fewestLabels = 20
/** Nuclei per slide from which its mean token is taken. */
const nucleiOfCentre = 5000

/** Labelled nuclei whose tokens are cached, in blocks of tissue for cross-validation. */
export interface CachedLabels {
  /** [n, F] */
  readonly tokens: Float32Array
  readonly width: number
  /** Position in the call's classes, [n]. */
  readonly labels: Uint16Array
  /** Position in the call's slides, and in that slide's nuclei, [n]. */
  readonly slide: Uint32Array
  readonly index: Uint32Array
  /** Block of each (spatialBlocks), [n], and their number. */
  readonly block: Uint32Array
  readonly blocks: number
  /** Mean token of the slides, [F]. */
  readonly centre: Float32Array
  /** Labels of slides without cached tokens: not among these. */
  readonly without: number
  /** Labels with tokens of which these are a random sample; n if all were taken. */
  readonly of: number
}

/**
 * Reads the cached tokens of labelled nuclei, at most `most` of them, drawn at random. Makes no tokens, because that takes
 * a pass over the slides. Throws FailureError 'empty' if no labelled slide has tokens of this encoder, or if fewer than
 * `fewestLabels` labels or two classes are left.
 */
export async function cachedLabels(
  slides: readonly LabelledSlide[],
  start: Start,
  { most, seed }: { most: number; seed: number },
): Promise<CachedLabels> {
  const width = featureWidth(start.config)
  const rows: Float32Array[] = []
  const found: { slide: number; index: number; label: number }[] = []
  const sum = new Float64Array(width)
  let [seen, without] = [0, 0]
  const rng = random(seed)
  for (const [s, { slide, mpp, nuclei, tokens: path, index, label }] of slides.entries()) {
    if (index.length === 0) continue
    const cached = path && (await readTokens(path, await tokenKey(slide, mpp, nuclei, start), width))
    if (!cached) {
      without += index.length
      continue
    }
    const scratch = new Float32Array(width)
    const step = Math.max(1, Math.floor(nuclei.count / nucleiOfCentre))
    for (let i = 0; i < nuclei.count; i += step, seen++) {
      widenRows(cached, [i], width, scratch)
      for (let k = 0; k < width; k++) sum[k] += scratch[k]
    }
    // Of each slide no more than could be needed is read; the final sample is drawn from all slides below.
    const chosen = [...rng.permutation(index.length)].slice(0, most).sort((a, b) => a - b)
    const own = new Float32Array(chosen.length * width)
    widenRows(
      cached,
      chosen.map((k) => index[k]),
      width,
      own,
    )
    chosen.forEach((k, at) => {
      found.push({ slide: s, index: index[k], label: label[k] })
      rows.push(own.subarray(at * width, (at + 1) * width))
    })
  }
  if (found.length === 0 && without > 0)
    throw new FailureError('empty', message('labelsNeedTokens', { model: start.parent?.json.title ?? '' }))
  const kept = [...rng.permutation(found.length)].slice(0, most).sort((a, b) => a - b)
  const classes = new Set(kept.map((k) => found[k].label)).size
  if (kept.length < fewestLabels || classes < 2)
    throw new FailureError('empty', message('tooFewLabels', { labels: kept.length, classes, fewest: fewestLabels }))
  const tokens = new Float32Array(kept.length * width)
  kept.forEach((k, at) => tokens.set(rows[k], at * width))
  const slide = Uint32Array.from(kept, (k) => found[k].slide)
  const index = Uint32Array.from(kept, (k) => found[k].index)
  const places = slides.map(({ nuclei: { box, origin } }, s) => {
    const own = [...slide.keys()].filter((k) => slide[k] === s).map((k) => index[k])
    return {
      x: own.map((i) => (box[4 * i] + box[4 * i + 2]) / 2 + origin[0]),
      y: own.map((i) => (box[4 * i + 1] + box[4 * i + 3]) / 2 + origin[1]),
    }
  })
  const block = spatialBlocks(places)
  return {
    tokens,
    width,
    labels: Uint16Array.from(kept, (k) => found[k].label),
    slide,
    index,
    block,
    blocks: block.reduce((last, b) => Math.max(last, b + 1), 0),
    centre: Float32Array.from(sum, (v) => v / Math.max(1, seen)),
    without,
    of: found.length,
  }
}

/** A head: weight [classes, F] and bias [classes]. */
export interface HeadWeights {
  readonly weight: Float32Array
  readonly bias: Float32Array
}

/** Trains the last layer, from the parent's, on some of the labels, as `finetune` with the method 'head' does. */
export async function headOfSome(
  start: Start,
  { tokens, width, labels, centre }: CachedLabels,
  rows: readonly number[],
  breathe: () => Promise<void>,
): Promise<HeadWeights> {
  // Training changes values in place, so it gets a copy of the parent's head alone.
  const names = ['head.weight', 'head.bias'] as const
  const layout = layoutOf(names.map((name) => ({ name, shape: start.layout.slot(name).shape })))
  const values = concatenated(
    Float32Array,
    names.map((name) => weightsOf(start, name)),
  )
  const own = new Float32Array(rows.length * width)
  rows.forEach((i, k) => own.set(tokens.subarray(i * width, (i + 1) * width), k * width))
  const mine = {
    tokens: own,
    labels: Int32Array.from(rows, (i) => labels[i]),
    sets: new Int32Array(rows.length),
    centre,
  }
  await fineTuneHead({ classes: [...start.classes] }, { ...start, layout, values }, mine, breathe)
  return { weight: weightsOf({ layout, values }, 'head.weight'), bias: weightsOf({ layout, values }, 'head.bias') }
}

/** Returns the probabilities that a head gives to some of the labelled nuclei, [rows.length, classes]. */
export function probabilitiesBy(
  { weight, bias }: HeadWeights,
  { tokens, width }: CachedLabels,
  rows: readonly number[],
): Float32Array {
  const classes = bias.length
  const all = new Float32Array(rows.length * classes)
  rows.forEach((i, r) => {
    const own = all.subarray(r * classes, (r + 1) * classes)
    for (let c = 0; c < classes; c++) {
      let z = bias[c]
      for (let k = 0; k < width; k++) z += weight[c * width + k] * tokens[i * width + k]
      own[c] = z
    }
    const most = own.reduce((a, b) => Math.max(a, b))
    let total = 0
    for (let c = 0; c < classes; c++) total += own[c] = Math.exp(own[c] - most)
    for (let c = 0; c < classes; c++) own[c] /= total
  })
  return all
}

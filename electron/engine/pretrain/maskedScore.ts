import { maskedTokenScore, nearestVisible, type MaskedTokenScore } from '../../../models/metrics/maskedTokens.ts'
import type { Random } from '../../../models/nn/random.ts'
import type { Weights } from '../../../models/nn/parameters.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { argMax } from '../../../models/ops/reduce.ts'
import { gridOf, tokensPerNucleus, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { maskedImageModel, type PretrainingTargets } from '../../../models/nucleusVit/pretraining.ts'
import type { AnnotatedImage } from '../../../models/train/augment.ts'
import { plainMaskedCrops, type SeenByTokenizer } from '../../../models/train/maskedCrop.ts'
import { maskedFeeds } from './maskedFeeds.ts'
import { weightFeeds } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import type { GraphSession } from '../runtime/session.ts'
import type { VisualTargets } from '../tokenizer/targets.ts'

/**
 * How well a network predicts the masked tokens of patches and of nuclei. `nuclei` is null if no nucleus was masked.
 */
export interface MaskedAccuracy {
  readonly patches: MaskedTokenScore
  readonly nuclei: MaskedTokenScore | null
}

const kept = new Map<string, Promise<GraphSession>>()

function scoringSession(config: NucleusVitConfig, targets: PretrainingTargets): Promise<GraphSession> {
  const key = JSON.stringify([config, targets])
  let session = kept.get(key)
  if (!session) {
    const model = maskedImageModel(new Graph(), config, targets)
    session = engineSession(model.patchLogits.graph, {
      patches: argMax(model.patchLogits, 1),
      nuclei: argMax(model.nucleusLogits, 1),
    })
    kept.set(key, session)
  }
  return session
}

/** Scores a network on masked crops from all over each image. The same seed gives the same crops. */
export async function maskedAccuracy(
  config: NucleusVitConfig,
  weights: Weights,
  targets: VisualTargets,
  images: AsyncIterable<AnnotatedImage>,
  rng: Random,
): Promise<MaskedAccuracy> {
  const { patchVocabulary, nucleusVocabulary, perNucleus, seen } = targets
  const session = await scoringSession(config, {
    patchVocabulary,
    nucleusVocabulary,
    perNucleus,
    measured: 0,
    surroundings: 0,
    views: false,
  })
  const network = weightFeeds(weights.layout, weights.values, session.parameters)
  const encoder = cropEncoder(config)
  const grid = gridOf(config)
  const patches = maskedTokenScore()
  const nuclei = { byPatch: maskedTokenScore(), byNucleus: maskedTokenScore() }
  for await (const crop of cropsOf(images, config, seen, rng)) {
    const feeds = await maskedFeeds({ crop, feeds: encoder.encode(crop.rgb, crop.boxes) }, config, targets)
    const predicted = await session.run({ ...network, ...feeds })
    const all = await targets.of(crop, 'all')
    const nearest = nearestVisible(crop.mask, grid)
    const copyAt = (patch: number) => (nearest[patch] < 0 ? -1 : all.patches[nearest[patch]])
    feeds.masked_patches.forEach((at, i) =>
      patches.add(Number(feeds.patch_tokens[i]), Number(predicted.patches.data[i]), copyAt(Number(at))),
    )
    const copies = nearestNuclei(crop.boxes, crop.masked)
    feeds.nucleus_tokens.forEach((truth, i) => {
      const place = i % perNucleus
      const k = Math.floor(i / perNucleus)
      const guess = Number(predicted.nuclei.data[i])
      // Only tokens of pictures are of one vocabulary, so that a patch's token can stand for a nucleus's.
      const under = seen === 'pictures' ? copyAt(patchUnder(crop.boxes, crop.masked[k], place, config)) : -1
      nuclei.byPatch.add(Number(truth), guess, under)
      const other = copies[k]
      nuclei.byNucleus.add(Number(truth), guess, other < 0 ? -1 : all.nuclei[other * perNucleus + place])
    })
  }
  // A nucleus token can be copied from two places: the patch under it, or the same part of the nearest visible nucleus.
  // The score uses the better one.
  const [a, b] = [nuclei.byPatch.score(), nuclei.byNucleus.score()]
  return { patches: patches.score(), nuclei: a.tokens === 0 ? null : a.nearestVisible > b.nearestVisible ? a : b }
}

async function* cropsOf(
  images: AsyncIterable<AnnotatedImage>,
  config: NucleusVitConfig,
  seen: SeenByTokenizer,
  rng: Random,
) {
  for await (const image of images) yield* plainMaskedCrops(image, config, seen, rng)
}

/** Returns the patch under the centre of one of a nucleus's 4×4 tokens. */
function patchUnder(
  boxes: Float32Array,
  nucleus: number,
  place: number,
  { patchSize, imageSize }: NucleusVitConfig,
): number {
  const side = Math.sqrt(tokensPerNucleus)
  const [x0, y0, x1, y1] = boxes.subarray(4 * nucleus, 4 * nucleus + 4)
  const at = (low: number, high: number, i: number) =>
    Math.min(Math.floor((low + ((i + 0.5) * (high - low)) / side) / patchSize), imageSize / patchSize - 1)
  return at(y0, y1, Math.floor(place / side)) * (imageSize / patchSize) + at(x0, x1, place % side)
}

/** Returns the nearest unmasked nucleus of each masked one, −1 if there is none. */
function nearestNuclei(boxes: Float32Array, masked: Uint32Array): Int32Array {
  const isMasked = new Set(masked)
  const centre = (i: number) => [(boxes[4 * i] + boxes[4 * i + 2]) / 2, (boxes[4 * i + 1] + boxes[4 * i + 3]) / 2]
  const visible = Array.from({ length: boxes.length / 4 }, (_, i) => i).filter((i) => !isMasked.has(i))
  return Int32Array.from(masked, (i) => {
    const [x, y] = centre(i)
    let [best, distance] = [-1, Infinity]
    for (const other of visible) {
      const [u, v] = centre(other)
      if ((u - x) ** 2 + (v - y) ** 2 < distance) [best, distance] = [other, (u - x) ** 2 + (v - y) ** 2]
    }
    return best
  })
}

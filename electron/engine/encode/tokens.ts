import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { FailureError, type SlideNuclei, type Message, message } from '../../contract/index.ts'
import { random } from '../../../models/nn/random.ts'
import { levelZeroBoxes } from './cropReader.ts'
import { encodedCrops } from './encodedCrops.ts'
import type { Network } from './encoder.ts'
import { passEncoder } from './passEncoder.ts'
import { startingPoint } from '../train/startingPoint.ts'
import { readTokens, tokenKey, widenRows, writeTokens } from './tokenCache.ts'

/** Loads the encoder of a model folder (with or without classes), or creates that of a preset with random weights. */
export const encoderNetwork = (model: string, seed: number): Promise<Network> =>
  startingPoint({ model, classes: [] }, random(seed))

/**
 * Returns the tokens [count, D] of all nuclei of a slide. Reads them from the cache if it is valid; otherwise encodes
 * the crops and writes the cache.
 * @param onCrop awaited between crops; may throw to stop
 */
export async function tokensOf(
  { slide, mpp, nuclei, tokens: cache }: SlideNuclei,
  network: Network,
  onCrop: (done: number, of: number) => Promise<void>,
): Promise<Float32Array> {
  const width = featureWidth(network.config)
  const key = cache === undefined ? '' : await tokenKey(slide, mpp, nuclei, network)
  const cached = cache === undefined ? undefined : await readTokens(cache, key, width)
  const tokens = new Float32Array(nuclei.count * width)
  if (cached) {
    widenRows(
      cached,
      Uint32Array.from({ length: nuclei.count }, (_, i) => i),
      width,
      tokens,
    )
    return tokens
  }
  const encoder = await passEncoder(network)
  const job = {
    slide,
    mpp,
    boxes: levelZeroBoxes(nuclei),
    config: network.config,
    modelMpp: network.mpp,
    views: network.views,
  }
  let done = 0
  try {
    for await (const { crop, of, tokens: ofCrop } of encodedCrops(job, encoder)) {
      await onCrop(done++, of)
      for (const k of crop.owned) tokens.set(ofCrop.subarray(k * width, (k + 1) * width), crop.members[k] * width)
    }
  } finally {
    encoder.close()
  }
  if (cache !== undefined) await writeTokens(cache, key, Float16Array.from(tokens))
  return tokens
}

/** Throws FailureError 'empty' if no slide has a nucleus. */
export function someNuclei(slides: readonly SlideNuclei[], what: Message): void {
  if (slides.every(({ nuclei }) => nuclei.count === 0))
    throw new FailureError('empty', message('noNucleiFor', { what }))
}

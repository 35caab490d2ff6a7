import { FailureError, message, type SlideNuclei } from '../../contract/index.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import type { Network } from '../encode/encoder.ts'
import { readTokens, tokenKey, widenRows } from '../encode/tokenCache.ts'
import { encoderNetwork } from '../encode/tokens.ts'
import type { Handler } from '../handler.ts'

/**
 * Returns the labelled nuclei most similar to one nucleus by the cosine of their tokens, most similar first, without
 * itself. Uses cached tokens only, because making them takes a pass over the slide.
 */
export const nearestLabelled: Handler<'nearestLabelled'> = async (
  { model, slide, nucleus, labelled, most },
  context,
) => {
  const network = await encoderNetwork(model, 0)
  const width = featureWidth(network.config)
  const own = await cachedTokens(slide, network, width)
  if (!own) throw new FailureError('empty', message('noTokens'))
  const chosen = new Float32Array(width)
  widenRows(own, [nucleus], width, chosen)
  const found: { slide: number; index: number; likeness: number }[] = []
  let without = 0
  for (const [s, one] of labelled.entries()) {
    await context.breathe()
    const tokens = one.slide === slide.slide ? own : await cachedTokens(one, network, width)
    if (!tokens) {
      without += one.index.length
      continue
    }
    const rows = new Float32Array(one.index.length * width)
    widenRows(tokens, one.index, width, rows)
    one.index.forEach((index, k) => {
      if (one.slide === slide.slide && index === nucleus) return
      found.push({ slide: s, index, likeness: cosine(chosen, rows.subarray(k * width, (k + 1) * width)) })
    })
  }
  const of = found.length
  found.sort((a, b) => b.likeness - a.likeness || a.slide - b.slide || a.index - b.index)
  const nearest = found.slice(0, most)
  return {
    slide: Uint32Array.from(nearest, (one) => one.slide),
    index: Uint32Array.from(nearest, (one) => one.index),
    likeness: Float32Array.from(nearest, (one) => one.likeness),
    of,
    without,
  }
}

async function cachedTokens({ slide, mpp, nuclei, tokens }: SlideNuclei, network: Network, width: number) {
  return tokens === undefined ? undefined : readTokens(tokens, await tokenKey(slide, mpp, nuclei, network), width)
}

/** Cosine of two rows; 0 where one of them is zero. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0]
  for (let c = 0; c < a.length; c++) {
    dot += a[c] * b[c]
    aa += a[c] * a[c]
    bb += b[c] * b[c]
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0
}

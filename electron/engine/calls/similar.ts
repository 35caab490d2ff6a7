import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { FailureError, message } from '../../contract/index.ts'
import type { Handler } from '../handler.ts'
import { readTokens, tokenKey, widenRows } from '../encode/tokenCache.ts'
import { encoderNetwork } from '../encode/tokens.ts'

const rowsAtOnce = 8192

/**
 * Returns the nuclei most similar to one nucleus by the cosine of their tokens, most similar first, without itself.
 * Uses cached tokens only, because making them takes a pass over the slide.
 */
export const alike: Handler<'alike'> = async ({ model, slide, nucleus, most }, context) => {
  const network = await encoderNetwork(model, 0)
  const width = featureWidth(network.config)
  const { nuclei } = slide
  const key = await tokenKey(slide.slide, slide.mpp, nuclei, network)
  const tokens = slide.tokens === undefined ? undefined : await readTokens(slide.tokens, key, width)
  if (!tokens) throw new FailureError('empty', message('noTokens'))
  const chosen = new Float32Array(width)
  widenRows(tokens, [nucleus], width, chosen)
  const likeness = new Float32Array(nuclei.count)
  const rows = new Float32Array(rowsAtOnce * width)
  for (let from = 0; from < nuclei.count; from += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, nuclei.count - from)
    widenRows(
      tokens,
      Uint32Array.from({ length: count }, (_, i) => from + i),
      width,
      rows,
    )
    for (let i = 0; i < count; i++) {
      let [dot, square] = [0, 0]
      for (let c = 0, at = i * width; c < width; c++, at++) {
        dot += rows[at] * chosen[c]
        square += rows[at] * rows[at]
      }
      // The length of the chosen token is left out: it is the same for all and does not change their order.
      likeness[from + i] = square > 0 ? dot / Math.sqrt(square) : -Infinity
    }
    await context.breathe()
  }
  const index = Uint32Array.from(likeness.keys()).filter((i) => i !== nucleus)
  index.sort((a, b) => likeness[b] - likeness[a] || a - b)
  return { index: index.slice(0, most) }
}

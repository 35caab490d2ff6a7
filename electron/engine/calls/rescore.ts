import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { applyHead } from '../head/head.ts'
import { probabilitiesOf, type LoadedModel, type Network } from '../encode/encoder.ts'
import { widenRows } from '../encode/tokenCache.ts'

/** Number of nuclei that go through the head at once: 38 MB of tokens of width 192. */
const chunk = 50_000

export interface Rescored {
  /** Positions of the nuclei of this chunk. */
  readonly index: Uint32Array
  /** [index.length, classes]; each row sums to 1. */
  readonly probabilities: Float32Array
}

/**
 * Classifies nuclei from their cached tokens, chunk by chunk. Only the head runs.
 * @param tokens [count, D], as readTokens returns them
 * @param only positions of the nuclei to classify; all if absent
 */
export async function* rescore(
  model: Network & Pick<LoadedModel, 'calibration'>,
  tokens: Float16Array,
  only?: Uint32Array,
): AsyncGenerator<Rescored> {
  const width = featureWidth(model.config)
  const count = only ? only.length : tokens.length / width
  const rows = new Float32Array(Math.min(chunk, count) * width)
  for (let start = 0; start < count; start += chunk) {
    const index = only
      ? only.slice(start, start + chunk)
      : Uint32Array.from({ length: Math.min(chunk, count - start) }, (_, i) => start + i)
    const part = rows.subarray(0, index.length * width)
    widenRows(tokens, index, width, part)
    yield { index, probabilities: probabilitiesOf(model, await applyHead(model, part)) }
  }
}

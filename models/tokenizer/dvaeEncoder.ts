import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/convolution.ts'
import { add, mul, relu } from '../ops/elementwise.ts'
import { maxPool } from '../ops/pooling.ts'
import { argMax } from '../ops/reduce.ts'
import { dvaeGroups, dvaeLayersPerPath, type DvaeConfig } from './dvaeConfig.ts'

/** DALL-E keeps pixels away from 0 and 1: x → (1 − 2·0.1)·x + 0.1 (Ramesh et al. 2021, appendix A). */
const pixelMargin = 0.1
/** Parameter names of one convolution in the published file. */
const names = ['w', 'b'] as const

/**
 * The encoder of DALL-E's discrete VAE: logits of an image's visual tokens, one token per 8×8 pixels. Scopes are the
 * published file's parameter names.
 * @param image [B, 3, H, W] RGB in 0…1, sides divisible by 8
 * @returns [B, vocabulary, H/8, W/8]
 */
export function dvaeEncoder(config: DvaeConfig, image: Value): Value {
  const { hidden, blocksPerGroup, vocabulary } = config
  const { graph } = image
  const mapped = add(mul(image, graph.scalar(1 - 2 * pixelMargin)), graph.scalar(pixelMargin))
  return graph.scope('blocks', () => {
    let x = convolution(mapped, 'input', hidden, 7, { padding: 3, names })
    for (let group = 1; group <= dvaeGroups; group++) {
      const width = 2 ** (group - 1) * hidden
      graph.scope(`group_${group}`, () => {
        for (let block = 1; block <= blocksPerGroup; block++) x = residual(config, x, `block_${block}`, width)
      })
      if (group < dvaeGroups) x = maxPool(x)
    }
    return graph.scope('output', () => convolution(relu(x), 'conv', vocabulary, 1, { names }))
  })
}

/** Visual tokens: the likeliest at each place, int64 [B, H/8, W/8]. */
export const visualTokens = (logits: Value): Value => argMax(logits, 1)

/** id path + post-gain · [relu, conv3]×3, relu, conv1 over a quarter of the width. */
function residual(config: DvaeConfig, x: Value, name: string, width: number): Value {
  const { graph } = x
  const narrow = width / 4
  return graph.scope(name, () => {
    const id = x.shape[1] === width ? x : convolution(x, 'id_path', width, 1, { names })
    const path = graph.scope('res_path', () => {
      let y = x
      for (const layer of ['conv_1', 'conv_2', 'conv_3'])
        y = convolution(relu(y), layer, narrow, 3, { padding: 1, names })
      return convolution(relu(y), 'conv_4', width, 1, { names })
    })
    return add(id, mul(path, graph.scalar(1 / dvaeLayersPerPath(config) ** 2)))
  })
}

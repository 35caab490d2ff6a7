import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/convolution.ts'
import { imageNorm } from '../nn/norm.ts'
import type { ParameterLayout } from '../nn/parameters.ts'
import type { Random } from '../nn/random.ts'
import { add, relu } from '../ops/elementwise.ts'
import { upsampleBilinear } from '../ops/pooling.ts'
import type { DetectorConfig } from './config.ts'

export interface DetectorOutput {
  /** [B, 1, S/2, S/2], logits that a nucleus's centre lies in the cell */
  readonly heat: Value
  /** [B, 1, S/2, S/2], logits of the share of the cell that lies inside a nucleus */
  readonly inside: Value
}

/**
 * Turns features of strides 2, 4, 8 and 16 into maps. Projects the features of each stride to the same number of
 * channels and, from the coarsest to the finest, adds the coarser result at twice its size (Lin et al. 2017, "Feature
 * Pyramid Networks"); depthwise-separable convolutions follow. There are fewer channels at stride 2, because each
 * channel costs most there.
 * @param features [B, C, S/stride, S/stride] each, finest first
 */
export function detectorDecoder(config: DetectorConfig, features: readonly Value[]): DetectorOutput {
  const { width, fineWidth } = config
  const { graph } = features[0]
  return graph.scope('decoder', () => {
    let above: Value | undefined
    for (let level = features.length - 1; level > 0; level--) {
      const own = convolution(features[level], `lateral.${level}`, width, 1)
      const sum: Value = above ? add(own, upsampleBilinear(above)) : own
      above = graph.scope(`level.${level}`, () => separable(config, separable(config, sum, '0'), '1'))
    }
    const coarse = convolution(above!, 'narrow', fineWidth, 1)
    const sum = add(convolution(features[0], 'lateral.0', fineWidth, 1), upsampleBilinear(coarse))
    const fine = graph.scope('level.0', () => separable(config, separable(config, sum, '0'), '1'))
    return { heat: convolution(fine, 'heat', 1, 1), inside: convolution(fine, 'inside', 1, 1) }
  })
}

/** A depthwise 3×3 convolution, a 1×1 convolution, group norm and ReLU. */
function separable({ groups }: DetectorConfig, x: Value, name: string): Value {
  const width = x.shape[1] as number
  return x.graph.scope(name, () => {
    const spatial = convolution(x, 'depthwise', width, 3, { padding: 1, groups: width })
    return relu(imageNorm(convolution(spatial, 'pointwise', width, 1), 'norm', groups))
  })
}

/** Probability of a centre in a cell at the start of training; about the share of cells that hold one. */
const firstProbability = 0.02
/** Initialises the decoder in place: weights as in He et al. 2015, output biases at typical values. */
export function initialiseDecoder(layout: ParameterLayout, values: Float32Array, rng: Random): void {
  for (const { name, shape, offset, size } of layout.slots) {
    if (!name.startsWith('decoder.')) continue
    const inputs = shape.slice(1).reduce((product, length) => product * length, 1)
    const isOutput = /\.(heat|inside)\.weight$/.test(name)
    const deviation = isOutput ? 0.01 : Math.sqrt(2 / inputs)
    const start =
      name === 'decoder.heat.bias'
        ? Math.log(firstProbability / (1 - firstProbability))
        : /norm\.weight$/.test(name)
          ? 1
          : 0
    const isMatrix = shape.length === 4
    for (let i = offset; i < offset + size; i++) values[i] = isMatrix ? deviation * rng.normal() : start
  }
}

import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/convolution.ts'
import { imageNorm } from '../nn/norm.ts'
import type { ParameterLayout } from '../nn/parameters.ts'
import type { Random } from '../nn/random.ts'
import { add, relu } from '../ops/elementwise.ts'
import { upsampleBilinear } from '../ops/pooling.ts'
import type { DetectorConfig } from './config.ts'

export interface DetectorOutput {
  /** [B, 1, S/2, S/2], logits of a nucleus's centre being in the cell */
  readonly heat: Value
  /** [B, rays, S/4, S/4], distances to its outline from the cell's middle, pixels; not below 0 where they mean something */
  readonly rays: Value
}

/**
 * From features of strides 2, 4, 8 and 16 to maps: from the coarsest down, each brought to the same channels, what lies above
 * added to it at twice the size (Lin et al. 2017, "Feature Pyramid Networks"), and depthwise-separable convolutions. Outlines
 * are told at stride 4; only where centres are is told at stride 2, by fewer channels, for there each costs most.
 * @param features [B, C, S/stride, S/stride] each, finest first
 */
export function detectorDecoder(config: DetectorConfig, features: readonly Value[]): DetectorOutput {
  const { width, fineWidth, rays } = config
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
    const fine = graph.scope('level.0', () => separable(config, sum, '0'))
    return { heat: convolution(fine, 'heat', 1, 1), rays: convolution(above!, 'rays', rays, 1) }
  })
}

/** A depthwise 3×3 convolution, one over the channels, group norm and ReLU. */
function separable({ groups }: DetectorConfig, x: Value, name: string): Value {
  const width = x.shape[1] as number
  return x.graph.scope(name, () => {
    const spatial = convolution(x, 'depthwise', width, 3, { padding: 1, groups: width })
    return relu(imageNorm(convolution(spatial, 'pointwise', width, 1), 'norm', groups))
  })
}

/** Probability of a centre in a cell that training begins with; about their share of all cells. */
const firstProbability = 0.02
/** Distance that training begins with, pixels: about half a nucleus. */
const firstDistance = 6

/** Numbers that the decoder's training begins with, in place: He et al. 2015; the outputs at what is common. */
export function initialiseDecoder(layout: ParameterLayout, values: Float32Array, rng: Random): void {
  for (const { name, shape, offset, size } of layout.slots) {
    if (!name.startsWith('decoder.')) continue
    const inputs = shape.slice(1).reduce((product, length) => product * length, 1)
    const isOutput = /\.(heat|rays)\.weight$/.test(name)
    const deviation = isOutput ? 0.01 : Math.sqrt(2 / inputs)
    const start =
      name === 'decoder.heat.bias'
        ? Math.log(firstProbability / (1 - firstProbability))
        : name === 'decoder.rays.bias'
          ? firstDistance
          : /norm\.weight$/.test(name)
            ? 1
            : 0
    const isMatrix = shape.length === 4
    for (let i = offset; i < offset + size; i++) values[i] = isMatrix ? deviation * rng.normal() : start
  }
}

import { FailureError, message } from '../../contract/index.ts'
import { random } from '../../../models/nn/random.ts'
import { presets } from '../../../models/nucleusVit/config.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { stemBlocks, stems, type StemName } from '../../../models/stem/efficientNet.ts'
import type { ImportedWeights } from './importWeights.ts'
import type { StoredTensor } from './safetensors.ts'

/**
 * Added to variances by batch normalisation in the package that the published checkpoints belong to
 * (efficientnet_lite_pytorch).
 */
const epsilon = 1e-3
/** Random weights that follow the stem's: the same for everyone who imports it. */
const seed = 1

/** Returns true if a checkpoint is a published EfficientNet. */
export const isEfficientNet = (stored: ReadonlyMap<string, StoredTensor>): boolean => stored.has('_conv_stem.weight')

interface Convolution {
  /** As here, under `stem.` */
  readonly name: string
  /** The checkpoint's names of kernel and batch normalisation. */
  readonly kernel: string
  readonly norm: string
  readonly shape: readonly number[]
}

/** Returns the convolutions of a stem, with our names and the checkpoint's. */
function convolutionsOf(name: StemName): Convolution[] {
  const all: Convolution[] = [{ name: 'conv', kernel: '_conv_stem', norm: '_bn0', shape: [stems[name].first, 3, 3, 3] }]
  for (const [b, { kernel, expand, from, channels }] of stemBlocks(name).entries()) {
    const wide = expand * from
    const add = (part: string, bn: number, shape: readonly number[]) =>
      all.push({
        name: `blocks.${b}.${part}`,
        kernel: `_blocks.${b}._${part}_conv`,
        norm: `_blocks.${b}._bn${bn}`,
        shape,
      })
    if (expand > 1) add('expand', 0, [wide, from, 1, 1])
    add('depthwise', 1, [wide, 1, kernel, kernel])
    add('project', 2, [channels, wide, 1, 1])
  }
  return all
}

/**
 * A network with a stem from a published EfficientNet-Lite checkpoint: an encoder without classes, its stem with the
 * checkpoint's numbers and all else as in training from nothing. Batch normalisation becomes part of the convolution before it:
 * γ·(w⋆x − μ)/√(σ² + ε) + β = (γ/√(σ² + ε))·w ⋆ x + (β − μ·γ/√(σ² + ε)).
 * @throws FailureError where a tensor is missing, has another shape, or a variance is negative
 */
export function importStem(stored: ReadonlyMap<string, StoredTensor>, where: string): ImportedWeights {
  const architecture = presets['stem-tiny']
  const layout = classifierLayout(architecture, 0)
  const values = initialise(layout, random(seed), architecture)
  const used = new Set<string>()
  const tensor = (name: string, shape: readonly number[]): StoredTensor['data'] => {
    const found = stored.get(name)
    const notFitting = (has: readonly number[] | null) =>
      message('importNotFitting', {
        where,
        flaw: message('flawStem', { name, expected: shape, stem: String(architecture.stem), found: has }),
      })
    if (!found) throw new FailureError('invalid-input', notFitting(null))
    if (found.shape.join() !== shape.join()) throw new FailureError('invalid-input', notFitting(found.shape))
    used.add(name)
    return found.data
  }
  const folded: string[] = []
  for (const { name, kernel, norm, shape } of convolutionsOf(architecture.stem)) {
    const [weight, bias] = ['weight', 'bias'].map((part) => layout.slot(`stem.${name}.${part}`))
    const from = tensor(`${kernel}.weight`, shape)
    const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
      tensor(`${norm}.${part}`, [shape[0]]),
    )
    const perOutput = weight.size / shape[0]
    for (let o = 0; o < shape[0]; o++) {
      if (!(variance[o] >= 0))
        throw new FailureError(
          'invalid-input',
          message('importNotFitting', { where, flaw: message('flawVariance', { name: `${norm}.running_var` }) }),
        )
      const scale = gamma[o] / Math.sqrt(variance[o] + epsilon)
      for (let i = o * perOutput; i < (o + 1) * perOutput; i++) values[weight.offset + i] = from[i] * scale
      values[bias.offset + o] = beta[o] - mean[o] * scale
    }
    folded.push(weight.name, bias.name)
  }
  const left = [...stored.keys()].filter((name) => !used.has(name))
  return {
    architecture,
    classes: [],
    weights: layout.slots.map(({ name, shape, offset, size }) => [
      name,
      { shape, data: values.subarray(offset, offset + size) },
    ]),
    taken: [],
    resized: folded.map((name) => ({ name, why: 'a convolution with its batch normalisation folded in' })),
    left: left.map((name) => ({
      name,
      why: name.endsWith('num_batches_tracked')
        ? 'a counter of training'
        : 'after the last block that is used, or its head',
    })),
    initialised: layout.slots.map(({ name }) => name).filter((name) => !name.startsWith('stem.')),
  }
}

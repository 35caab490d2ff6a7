import { FailureError, message } from '../../contract/index.ts'
import { random } from '../../../models/nn/random.ts'
import { presets } from '../../../models/nucleusVit/config.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { stemBlocks, stems, type StemName } from '../../../models/stem/efficientNet.ts'
import type { ImportedWeights } from './importWeights.ts'
import type { StoredTensor } from './safetensors.ts'

/** ε of batch normalisation in efficientnet_lite_pytorch, the package of the published checkpoints. */
const epsilon = 1e-3
/** Seed of the weights that are not in the checkpoint. They are the same for everyone who imports it. */
const seed = 1

/** Returns true if a checkpoint is a published EfficientNet. */
export const isEfficientNet = (stored: ReadonlyMap<string, StoredTensor>): boolean => stored.has('_conv_stem.weight')

interface Convolution {
  /** Our name, without the prefix `stem.` */
  readonly name: string
  /** Names of the kernel and of the batch normalisation (`norm`) in the checkpoint. */
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
 * Makes an encoder without classes. Its stem has the weights of a published EfficientNet-Lite checkpoint; all other
 * weights are initialised as in training from scratch. Batch normalisation is folded into the convolution before it:
 * γ·(w⋆x − μ)/√(σ² + ε) + β = (γ/√(σ² + ε))·w ⋆ x + (β − μ·γ/√(σ² + ε)).
 * @throws FailureError 'invalid-input' if a tensor is missing or has another shape, or if a variance is negative
 */
export function importStem(stored: ReadonlyMap<string, StoredTensor>, where: string): ImportedWeights {
  const architecture = presets['stem-tiny']
  const layout = classifierLayout(architecture, 0)
  const values = initialise(layout, random(seed), architecture)
  const used = new Set<string>()
  const tensor = (name: string, shape: readonly number[]): StoredTensor['data'] => {
    const found = stored.get(name)
    const misfit = (has: readonly number[] | null) =>
      message('importNotFitting', {
        where,
        flaw: message('flawStem', { name, expected: shape, stem: String(architecture.stem), found: has }),
      })
    if (!found) throw new FailureError('invalid-input', misfit(null))
    if (found.shape.join() !== shape.join()) throw new FailureError('invalid-input', misfit(found.shape))
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

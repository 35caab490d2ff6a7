import { FailureError, message } from '../../contract/index.ts'
import { random } from '../../../models/nn/random.ts'
import { configProblem, presets, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { configMessage } from './networkMessages.ts'
import type { StoredTensor } from './safetensors.ts'
import { adaptTensors, type TensorNote } from './vitNames.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'

export interface ImportOptions {
  /**
   * Class names in the order of the checkpoint's head. If the checkpoint has no head, a new one is made for these
   * names; without names the result is an encoder.
   */
  readonly classes?: readonly string[]
  /** Number of attention heads. It does not follow from the tensors' shapes. Default: width / 64. */
  readonly heads?: number
  /** Patch side, px, to which the patch embedding is resampled. Default: the checkpoint's own. */
  readonly patchSize?: number
}

export interface ImportedWeights {
  readonly architecture: NucleusVitConfig
  readonly classes: string[]
  readonly weights: [string, { shape: readonly number[]; data: Float32Array }][]
  /** Parameters taken unchanged from the checkpoint. */
  readonly taken: string[]
  /** Parameters computed from the checkpoint, and how. */
  readonly resized: TensorNote[]
  /** Tensors of the checkpoint that were not used, and why. */
  readonly left: TensorNote[]
  /** Parameters missing from the checkpoint, initialised as in training from scratch. */
  readonly initialised: string[]
}

/**
 * Makes a nucleus ViT from a checkpoint's tensors, which have the published names or those of timm's or BEiT's ViT. The
 * architecture follows from the tensors' shapes.
 * @throws FailureError 'invalid-input' if the checkpoint is not such a network, a shape does not fit, or the class
 * names do not fit the head
 */
export function importWeights(
  stored: ReadonlyMap<string, StoredTensor>,
  where: string,
  options: ImportOptions = {},
): ImportedWeights {
  const { tensors, resized, left } = adaptTensors(stored, where, options.patchSize)
  const architecture = architectureOf(tensors, where, options.heads)
  const classes = classNames(tensors.get('head.weight'), where, options.classes)
  const layout = classifierLayout(architecture, classes.length)
  const values = initialise(layout, random(1), architecture)
  const [taken, initialised]: [string[], string[]] = [[], []]
  const computed = new Set(resized.map(({ name }) => name))
  for (const { name, shape, offset, size } of layout.slots) {
    const tensor = tensors.get(name)
    if (!tensor) {
      // Zeros: an untrained head must not prefer any class.
      if (name.startsWith('head.')) values.fill(0, offset, offset + size)
      initialised.push(name)
      continue
    }
    if (tensor.shape.join() !== shape.join())
      throw new FailureError(
        'invalid-input',
        message('importNotFitting', {
          where,
          flaw: message('flawShape', { name, expected: shape, found: tensor.shape }),
        }),
      )
    values.set(tensor.data, offset)
    if (!computed.has(name)) taken.push(name)
  }
  const missing = initialised.filter(
    (name) => /^(blocks\.|patch_embed\.|norm\.)/.test(name) && !/attn\.[qv]_bias$/.test(name),
  )
  if (missing.length > 0)
    throw new FailureError(
      'invalid-input',
      message('importNotFitting', {
        where,
        flaw: message('flawMissingLayers', { layers: architecture.layers, name: missing[0], more: missing.length - 1 }),
      }),
    )
  const known = new Set([...layout.slots, ...left].map(({ name }) => name))
  const unused = [...tensors.keys()].filter((name) => !known.has(name))
  return {
    architecture,
    classes,
    weights: layout.slots.map(({ name, shape, offset, size }) => [
      name,
      { shape, data: values.subarray(offset, offset + size) },
    ]),
    taken,
    resized,
    left: [...left, ...unused.map((name) => ({ name, why: 'this network has no such parameter' }))],
    initialised,
  }
}

function architectureOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  where: string,
  givenHeads?: number,
): NucleusVitConfig {
  const kernel = tensors.get('patch_embed.proj.weight')?.shape
  const layers =
    1 + Math.max(-1, ...[...tensors.keys()].map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? -1)))
  if (kernel?.length !== 4 || kernel[1] !== 3 || kernel[2] !== kernel[3] || layers === 0)
    throw new FailureError('invalid-input', message('importNotFitting', { where, flaw: message('flawNoVit') }))
  const [width, , patchSize] = kernel
  // Published checkpoints contain their table of positions. The side of the crop follows from its length.
  const positions = tensors.has('cls_pos_embed') ? tensors.get('pos_embed')?.shape[1] : undefined
  const grid = positions ? Math.round(Math.sqrt(positions)) : Math.floor(presets.base.imageSize / patchSize)
  const architecture: NucleusVitConfig = {
    ...presets.base,
    width,
    layers,
    heads: givenHeads ?? Math.max(1, Math.round(width / 64)),
    patchSize,
    imageSize: grid * patchSize,
  }
  const problem = configProblem(architecture)
  if (problem)
    throw new FailureError('invalid-input', message('configWrong', { where, problem: configMessage(problem) }))
  return architecture
}

function classNames(head: StoredTensor | undefined, where: string, given?: readonly string[]): string[] {
  if (given && new Set(given).size !== given.length)
    throw new FailureError('invalid-input', message('classNamesRepeat', { names: given }))
  // A pre-trained encoder gets no head without names: a head of zeros would look like a trained one.
  if (!head) return [...(given ?? [])]
  const rows = head.shape[0]
  if (given && given.length !== rows)
    throw new FailureError('invalid-input', message('classCount', { where, rows, names: given }))
  return given ? [...given] : Array.from({ length: rows }, (_, c) => `class ${c + 1}`)
}

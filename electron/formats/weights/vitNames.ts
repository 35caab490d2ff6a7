import { FailureError, message } from '../../contract/index.ts'
import type { StoredTensor } from './safetensors.ts'

export interface TensorNote {
  readonly name: string
  readonly why: string
}

export interface Adapted {
  readonly tensors: Map<string, StoredTensor>
  readonly resized: TensorNote[]
  readonly left: TensorNote[]
}

/** Tensors that this network does not use, and why. The first pattern that matches counts. */
const notUsed: readonly [pattern: RegExp, why: string][] = [
  [/^pos_embed_[xyhw]\.pe$/, 'a table of positions, which is computed here'],
  [/relative_position_index$/, 'an index of relative positions'],
  [
    /relative_position_bias_table$/,
    'a bias by relative position: this network has none, so results differ until it is fine-tuned',
  ],
  [/^(mask_token|lm_head\..*|insta_lm_head\..*)$/, 'needed in pre-training only'],
  [/^fc_norm\./, 'a norm of the mean token, which is not read here'],
]

/**
 * Converts the tensors of a published, timm or BEiT checkpoint to the published names and forms. `where` names the
 * checkpoint in failures. If `patchSize` (px) is given, the patch embedding is resampled to it. Throws FailureError
 * 'invalid-input' if tensors do not fit each other.
 */
export function adaptTensors(stored: ReadonlyMap<string, StoredTensor>, where: string, patchSize?: number): Adapted {
  const key = 'patch_embed.proj.weight'
  const prefix = [...stored.keys()].find((name) => name.endsWith(`.${key}`))?.slice(0, -key.length) ?? ''
  const tensors = new Map<string, StoredTensor>()
  const [resized, left]: [TensorNote[], TensorNote[]] = [[], []]
  for (const [fullName, tensor] of stored) {
    const name = prefix && fullName.startsWith(prefix) && !stored.has(key) ? fullName.slice(prefix.length) : fullName
    const reason = notUsed.find(([pattern]) => pattern.test(name))
    if (reason) left.push({ name, why: reason[1] })
    else tensors.set(name, tensor)
  }
  splitQkvBias(tensors, where, resized)
  foldLayerScale(tensors, where, resized)
  if (patchSize) resamplePatches(tensors, patchSize, resized)
  if (!tensors.has('cls_pos_embed') && tensors.delete('pos_embed'))
    left.push({
      name: 'pos_embed',
      why: 'learned positions: this network has sinusoids, so results differ until it is fine-tuned',
    })
  else if (tensors.has('pos_embed'))
    left.push({ name: 'pos_embed', why: 'a table of positions, which is computed here' })
  return { tensors, resized, left }
}

/**
 * Splits qkv.bias into q_bias and v_bias. The key part is dropped, which changes no result: a key bias b adds the same
 * q·b to all scores of a query, and softmax does not change if all its arguments change by the same number.
 */
function splitQkvBias(tensors: Map<string, StoredTensor>, where: string, resized: TensorNote[]): void {
  for (const [name, { shape, data }] of [...tensors]) {
    const match = /^(blocks\.\d+\.attn)\.qkv\.bias$/.exec(name)
    if (!match) continue
    const width = shape[0] / 3
    if (shape.length !== 1 || !Number.isInteger(width))
      throw new FailureError(
        'invalid-input',
        message('importNotFitting', { where, flaw: message('flawShape', { name, expected: ['3·D'], found: shape }) }),
      )
    tensors.delete(name)
    for (const [part, start] of [
      ['q_bias', 0],
      ['v_bias', 2 * width],
    ] as const) {
      tensors.set(`${match[1]}.${part}`, { shape: [width], data: data.slice(start, start + width) })
      resized.push({ name: `${match[1]}.${part}`, why: `part of ${name}; its key part has no effect` })
    }
  }
}

/** Multiplies layer scale into the layer that it scales: γ·(W·x + b) = (γ·W)·x + γ·b. */
function foldLayerScale(tensors: Map<string, StoredTensor>, where: string, resized: TensorNote[]): void {
  for (const [name, scale] of [...tensors]) {
    const match = /^(blocks\.\d+)\.(?:gamma_|ls)([12])(?:\.gamma)?$/.exec(name)
    if (!match) continue
    const layer = `${match[1]}.${match[2] === '1' ? 'attn.proj' : 'mlp.fc2'}`
    for (const part of [`${layer}.weight`, `${layer}.bias`]) {
      const tensor = tensors.get(part)
      if (!tensor || tensor.shape[0] !== scale.data.length)
        throw new FailureError(
          'invalid-input',
          message('importNotFitting', { where, flaw: message('flawWithout', { part, name }) }),
        )
      const inner = tensor.data.length / scale.data.length
      const data = Float32Array.from(tensor.data, (v, i) => v * scale.data[Math.floor(i / inner)])
      tensors.set(part, { shape: tensor.shape, data })
      resized.push({ name: part, why: `multiplied by ${name}, which gives the same results` })
    }
    tensors.delete(name)
  }
}

/**
 * Resamples the patch embedding's kernels bilinearly to `to` × `to` px. Their sums stay the same, so that a patch of
 * one colour keeps its embedding.
 */
function resamplePatches(tensors: Map<string, StoredTensor>, to: number, resized: TensorNote[]): void {
  const name = 'patch_embed.proj.weight'
  const kernel = tensors.get(name)
  if (!kernel || kernel.shape.length !== 4 || kernel.shape[2] === to) return
  const from = kernel.shape[2]
  const planes = kernel.shape[0] * kernel.shape[1]
  const samples = Array.from({ length: to }, (_, i) => {
    const place = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
    const low = Math.min(Math.floor(place), Math.max(from - 2, 0))
    return { low, high: Math.min(low + 1, from - 1), t: place - low }
  })
  const data = new Float32Array(planes * to * to)
  for (let plane = 0; plane < planes; plane++) {
    const source = kernel.data.subarray(plane * from * from, (plane + 1) * from * from)
    let [before, after] = [0, 0]
    for (const v of source) before += v
    const target = data.subarray(plane * to * to, (plane + 1) * to * to)
    samples.forEach((y, r) =>
      samples.forEach((x, c) => {
        const row = (at: number) => source[at * from + x.low] * (1 - x.t) + source[at * from + x.high] * x.t
        after += target[r * to + c] = row(y.low) * (1 - y.t) + row(y.high) * y.t
      }),
    )
    // Each number now covers another share of the patch. What is missing from the sum is spread evenly.
    const area = (from * from) / (to * to)
    const rest = (before - after * area) / (to * to)
    for (let i = 0; i < target.length; i++) target[i] = target[i] * area + rest
  }
  tensors.set(name, { shape: [kernel.shape[0], kernel.shape[1], to, to], data })
  resized.push({
    name,
    why: `resampled from ${from}×${from} to ${to}×${to} pixels; results differ until it is fine-tuned`,
  })
}

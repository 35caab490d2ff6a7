import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { existsSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importCheckpoint } from '../../electron/formats/weights/importCheckpoint.ts'
import { importWeights } from '../../electron/formats/weights/importWeights.ts'
import { readModelFolder, writeModelFolder } from '../../electron/formats/weights/modelFolder.ts'
import { safetensorsBytes, type StoredTensor } from '../../electron/formats/weights/safetensors.ts'
import { averageModels } from '../../electron/formats/weights/averageModels.ts'
import { packModel } from '../../electron/formats/weights/copyModel.ts'
import { verifyModel } from '../../electron/formats/weights/verifyModel.ts'
import { random } from '../../models/nn/random.ts'
import { presets } from '../../models/nucleusVit/config.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'

const folder = mkdtempSync(join(tmpdir(), 'karyon-models-'))
let made = 0
const fresh = (name = 'model') => join(folder, `${made++}-${name}`)
const config = { ...presets.tiny, width: 16, layers: 2, heads: 2 }

/** Returns the tensors of an intact published checkpoint whose head has `classes` rows. */
function tensors(classes = 3): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const rng = random(5)
  return new Map(
    classifierLayout(config, classes).slots.map(({ name, shape, size }) => [
      name,
      { shape, data: Float32Array.from({ length: size }, () => rng.between(-1, 1)) },
    ]),
  )
}
function saved(stored: ReturnType<typeof tensors>): string {
  const path = fresh('weights.safetensors')
  writeFileSync(path, safetensorsBytes(stored))
  return path
}
const options = { mpp: 0.3, heads: 2, classes: ['a', 'b', 'c'] }

it('a packed model has its weights in half the bytes, rounded to float16, and is sound', async () => {
  const source = tensors()
  const { model } = await importCheckpoint(saved(source), fresh(), options)
  const packed = await packModel(model, fresh('packed'))
  const bytes = (folder: string) => statSync(join(folder, 'weights.safetensors')).size
  expect(bytes(packed.path)).toBeLessThan(0.6 * bytes(model))
  const verified = await verifyModel(packed.path)
  expect(verified.id).toMatch(/packed$/)
  for (const [name, { data }] of source) expect(verified.weights.get(name)).toEqual(data.map(Math.f16round))
})

describe('averaging models', () => {
  /** A model of these weights that was fine-tuned from `lineage`. */
  async function fineTuned(weights: ReturnType<typeof tensors>, lineage: string[], classes = options.classes) {
    const imported = await importCheckpoint(saved(weights), fresh(), { ...options, classes })
    const { json } = await readModelFolder(imported.model)
    return (await writeModelFolder(fresh(), { description: { ...json, lineage }, weights, card: '' })).path
  }

  it('gives the mean of each weight, and no calibration', async () => {
    const [source, other] = [tensors(), tensors()]
    for (const { data } of other.values()) data.forEach((v, i) => (data[i] = 3 * v))
    const paths = [await fineTuned(source, ['parent']), await fineTuned(other, ['parent'])]
    const { path, json, card } = await averageModels(paths, fresh('mean'), 'Mean of two')
    expect([json.title, json.calibration]).toEqual(['Mean of two', undefined])
    expect(card).toContain('mean of the weights')
    const { weights } = await verifyModel(path)
    for (const [name, { data }] of source)
      weights.get(name)!.forEach((v, i) => {
        expect(v).toBeCloseTo(2 * data[i], 6)
      })
  })

  it('refuses a single model, and models of other classes or parents', async () => {
    const model = await fineTuned(tensors(), ['parent'])
    await expect(averageModels([model], fresh())).rejects.toThrow('needs at least 2 models; 1 was given')
    const others = [
      await fineTuned(tensors(2), ['parent'], ['a', 'b']),
      await fineTuned(tensors(), ['another']),
      await fineTuned(tensors(), []),
    ]
    for (const other of others)
      await expect(averageModels([model, other], fresh())).rejects.toThrow('fine-tuned from the same one')
    await expect(averageModels([others[2], others[2]], fresh())).rejects.toThrow('fine-tuned from the same one')
  })
})

describe('importing a checkpoint', () => {
  it('the model folder has the same weights, and verify accepts it', async () => {
    const source = tensors()
    const report = await importCheckpoint(saved(source), fresh(), options)
    expect(report.architecture).toMatchObject({ width: 16, layers: 2, heads: 2, patchSize: 16, imageSize: 448 })
    expect([report.taken.length, report.resized, report.initialised]).toEqual([source.size, [], []])
    const verified = await verifyModel(report.model)
    for (const [name, { data }] of source) expect(verified.weights.get(name)).toEqual(data)
  })

  it('without class names the result is an encoder without a head', async () => {
    const headless = tensors()
    for (const name of ['head.weight', 'head.bias']) headless.delete(name)
    for (const [source, more] of [
      [headless, {}],
      [tensors(), { newHead: true }],
    ] as const) {
      const report = await importCheckpoint(saved(source), fresh(), { ...options, classes: undefined, ...more })
      expect(report).toMatchObject({ classes: [], initialised: [] })
      const verified = await verifyModel(report.model)
      expect(verified.folder.json.classes).toEqual([])
      expect([...verified.weights.keys()].filter((name) => name.startsWith('head.'))).toEqual([])
    }
    const named = await importCheckpoint(saved(headless), fresh(), options)
    expect(named).toMatchObject({ classes: ['a', 'b', 'c'], initialised: ['head.weight', 'head.bias'] })
  })

  it.skipIf(!hasData('parity'))(
    'the authors’ checkpoint is read, and the tensors that are not used are listed',
    async () => {
      const report = await importCheckpoint(`${dataFolder('parity')}/finetune.pth`, fresh(), { mpp: 0.3, heads: 4 })
      expect(report.classes).toHaveLength(4)
      expect(report.initialised).toEqual([])
      expect(report.left.map(({ name }) => name)).toEqual(expect.arrayContaining(['pos_embed', 'mask_token']))
    },
  )

  it('layer scale is folded and qkv.bias is split for checkpoints of BEiT and timm', () => {
    const source: Map<string, StoredTensor> = new Map(tensors())
    const bias = Float32Array.from({ length: 48 }, (_, i) => i)
    const scale = Float32Array.from({ length: 16 }, (_, i) => i + 1)
    source.delete('blocks.0.attn.q_bias')
    source.delete('blocks.0.attn.v_bias')
    source.set('blocks.0.attn.qkv.bias', { shape: [48], data: bias })
    source.set('blocks.0.ls2.gamma', { shape: [16], data: scale })
    const { weights, resized } = importWeights(source, 'x', options)
    const taken = new Map(weights)
    expect(taken.get('blocks.0.attn.v_bias')?.data).toEqual(bias.slice(32))
    const before = source.get('blocks.0.mlp.fc2.bias')!.data
    expect(taken.get('blocks.0.mlp.fc2.bias')?.data).toEqual(scale.map((s, i) => Math.fround(s * before[i])))
    expect(resized.map(({ name }) => name)).toContain('blocks.0.mlp.fc2.weight')
  })

  it('the patch embedding is resampled only on request, and the report says so', () => {
    const source: Map<string, StoredTensor> = new Map(tensors())
    source.set('patch_embed.proj.weight', {
      shape: [16, 3, 14, 14],
      data: new Float32Array(16 * 3 * 14 * 14).fill(0.5),
    })
    source.delete('cls_pos_embed')
    expect(importWeights(source, 'x', options).architecture).toMatchObject({ patchSize: 14, imageSize: 448 })
    const { architecture, weights, resized } = importWeights(source, 'x', { ...options, patchSize: 16 })
    expect(architecture.patchSize).toBe(16)
    expect(resized[0].name).toBe('patch_embed.proj.weight')
    const kernel = new Map(weights).get('patch_embed.proj.weight')!.data.subarray(0, 256)
    expect(kernel.reduce((a, b) => a + b)).toBeCloseTo(0.5 * 14 * 14, 3)
  })

  const refusals: [string, (t: ReturnType<typeof tensors>) => void, object, RegExp][] = [
    ['a missing tensor', (t) => t.delete('blocks.1.norm2.bias'), {}, /"blocks.1.norm2.bias" is missing/],
    [
      'a wrong shape',
      (t) => t.set('norm.bias', { shape: [8], data: new Float32Array(8) }),
      {},
      /"norm.bias" of shape \[16\].*\[8\]/,
    ],
    [
      'other classes than the head has',
      () => undefined,
      { classes: ['a', 'b'] },
      /as many as the head.* has, 3; got 2/,
    ],
    ['heads that do not divide the width', () => undefined, { heads: 5 }, /divisible by heads 5/],
    ['no µm per pixel', () => undefined, { mpp: undefined }, /--mpp/],
  ]
  it.each(refusals)(
    '%s is refused with a clear message, and nothing is written',
    async (_, change, given, sentence) => {
      const source = tensors()
      change(source)
      const out = fresh()
      await expect(importCheckpoint(saved(source), out, { ...options, ...given })).rejects.toThrow(sentence)
      expect(existsSync(out)).toBe(false)
    },
  )

  it('a safetensors file that is cut short is refused with a clear message', async () => {
    const path = saved(tensors())
    truncateSync(path, Math.floor(readFileSync(path).length * 0.6))
    await expect(importCheckpoint(path, fresh(), options)).rejects.toThrow(/cut short/)
  })
})

describe('verifying a model', () => {
  const imported = async () => (await importCheckpoint(saved(tensors()), fresh(), options)).model
  const rewrite = async (weights: ReturnType<typeof tensors>, classes = ['a', 'b', 'c']) => {
    const { json } = await readModelFolder(await imported())
    return (await writeModelFolder(fresh(), { description: { ...json, classes }, weights, card: '' })).path
  }

  it('weights that were edited by hand are reported', async () => {
    const model = await imported()
    const file = join(model, 'weights.safetensors')
    const bytes = readFileSync(file)
    bytes[bytes.length - 1] ^= 1
    writeFileSync(file, bytes)
    await expect(verifyModel(model)).rejects.toThrow(/not those that its description names/)
  })

  it('class names that do not match the head are reported', async () => {
    await expect(verifyModel(await rewrite(tensors(), ['a', 'b']))).rejects.toThrow(/head of 2 classes.*theirs has 3/)
  })

  it('reports a calibration that does not have one bias for each class', async () => {
    const { json } = await readModelFolder(await imported())
    const fitted = { uncertainBelow: 0.5, nuclei: 9, images: 2, expectedCalibrationError: { before: 0.1, after: 0.1 } }
    const calibration = { temperature: 1, bias: [0, 0], smoothing: 0, ...fitted }
    const { path } = await writeModelFolder(fresh(), {
      description: { ...json, calibration },
      weights: tensors(),
      card: '',
    })
    await expect(verifyModel(path)).rejects.toThrow(/one bias for each of the 3 classes \(a, b, c\); it has 2/)
  })

  it('a missing tensor and a tensor with NaN are named', async () => {
    const missing = tensors()
    missing.delete('cls_token')
    await expect(verifyModel(await rewrite(missing))).rejects.toThrow(/"cls_token".*missing/)
    const broken = tensors()
    broken.get('norm.weight')!.data[3] = NaN
    await expect(verifyModel(await rewrite(broken))).rejects.toThrow(/"norm.weight" has NaN/)
  })
})

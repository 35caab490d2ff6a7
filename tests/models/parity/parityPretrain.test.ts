import { beforeAll, describe, expect, it } from 'vitest'
import { flatten, weightFeeds } from '../../../electron/engine/encode/encoder.ts'
import { graphSession } from '../../../electron/engine/runtime/session.ts'
import { readTorchCheckpoint } from '../../../electron/formats/torch/index.ts'
import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { layoutOf, type ParameterLayout } from '../../../models/nn/parameters.ts'
import { gridOf, tokensPerNucleus } from '../../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { maskedImageModel } from '../../../models/nucleusVit/pretraining.ts'
import { add } from '../../../models/ops/elementwise.ts'
import { maskedNuclei } from '../../../models/train/masking.ts'
import { hasData } from '../../support/data.ts'
import {
  absolute,
  config,
  everyNth,
  expectClose,
  goldenCrops,
  goldens,
  parityFile,
  relative,
  slots,
} from './parityData.ts'

const vocabulary = 96
const patches = 28 * 28

describe.skipIf(!hasData('parity'))('the masked-image model gives the numbers of the authors’ code', () => {
  let golden: Awaited<ReturnType<typeof goldens>>
  let layout: ParameterLayout
  let gradient: Float32Array
  const patchLogits: number[] = []
  const nucleusLogits: number[] = []
  const losses = { patch: 0, nucleus: 0 }

  beforeAll(async () => {
    golden = await goldens('pretrain_expected.safetensors')
    const graph = new Graph()
    const model = maskedImageModel(graph, config, {
      ...{ patchVocabulary: vocabulary, nucleusVocabulary: vocabulary },
      ...{ perNucleus: tokensPerNucleus, measured: 0, surroundings: 0, views: false },
    })
    const { patchLoss, nucleusLoss } = model
    const outputs: Record<string, Value> = {
      patch: model.patchLogits,
      nucleus: model.nucleusLogits,
      patchLoss,
      nucleusLoss,
    }
    gradients(add(patchLoss, nucleusLoss), graph.parameters).forEach(
      (g, i) => (outputs[`d ${graph.parameters[i].name}`] = g),
    )
    layout = layoutOf(graph.parameters)
    const values = flatten(layout, await readTorchCheckpoint(parityFile('pretrain.pth')), 'pretrain.pth')
    const session = await graphSession(graph, outputs)
    const encoder = cropEncoder(config)
    const [mask, isMasked] = [golden('mask').data, golden('nucleus_masked').data]
    const [patchTargets, nucleusTargets] = [golden('patch_targets').data, golden('nucleus_targets').data]
    gradient = new Float32Array(layout.size)
    let [patchAt, nucleusAt] = [0, 0]
    for (const [b, crop] of (await goldenCrops()).entries()) {
      const cropMask = Float32Array.from(mask.subarray(b * patches, (b + 1) * patches))
      const maskedPatches = [...cropMask.keys()].filter((i) => cropMask[i] === 1)
      const maskedNuclei = crop.labels.map((_, i) => i).filter((i) => isMasked[b * slots + i] === 1)
      const patchShare = patchTargets.subarray(patchAt, (patchAt += maskedPatches.length))
      const nucleusShare = nucleusTargets.subarray(nucleusAt, (nucleusAt += tokensPerNucleus * maskedNuclei.length))
      const result = await session.run({
        ...weightFeeds(layout, values, session.parameters),
        ...encoder.encode(crop.rgb, crop.boxes),
        mask: cropMask,
        masked_patches: BigInt64Array.from(maskedPatches, BigInt),
        masked_nuclei: BigInt64Array.from(maskedNuclei, BigInt),
        patch_tokens: BigInt64Array.from(patchShare, BigInt),
        patch_weights: new Float32Array(patchShare.length).fill(1 / patchTargets.length),
        nucleus_tokens: BigInt64Array.from(nucleusShare, BigInt),
        nucleus_weights: new Float32Array(nucleusShare.length).fill(1 / nucleusTargets.length),
      })
      patchLogits.push(...(result.patch.data as Float32Array))
      nucleusLogits.push(...(result.nucleus.data as Float32Array))
      losses.patch += result.patchLoss.data[0] as number
      losses.nucleus += result.nucleusLoss.data[0] as number
      for (const { name, offset } of layout.slots)
        result[`d ${name}`].data.forEach((g, i) => (gradient[offset + i] += Number(g)))
    }
    expect([patchAt, nucleusAt], 'every golden target is used').toEqual([patchTargets.length, nucleusTargets.length])
  })

  it('logits of masked patches and of masked nuclei', () => {
    const sample = everyNth(patchLogits, vocabulary, 17, 37)
    expectClose('patches', sample, golden('patch_logits_every_17th').data, { absolute })
    expectClose('nuclei', nucleusLogits, golden('nucleus_logits').data, { absolute })
  })

  it('which nuclei count as masked', async () => {
    const [mask, isMasked] = [golden('mask').data, golden('nucleus_masked').data]
    for (const [b, crop] of (await goldenCrops()).entries()) {
      const cropMask = Uint8Array.from(mask.subarray(b * patches, (b + 1) * patches))
      const found = maskedNuclei(crop.boxes, cropMask, gridOf(config), config.patchSize)
      expect([...found]).toEqual([...crop.labels.keys()].filter((i) => isMasked[b * slots + i] === 1))
    }
  })

  it('both losses', () => {
    expectClose('patches', [losses.patch], golden('loss.patch').data, { relative })
    expectClose('nuclei', [losses.nucleus], golden('loss.nucleus').data, { relative })
  })

  it.each(['mask_token', 'insta_lm_head.bias', 'lm_head.bias', 'blocks.0.norm1.weight', 'instance_embed.proj.bias'])(
    'the gradient of their sum with respect to %s',
    (name) => {
      const { offset, size } = layout.slot(name)
      expectClose(name, gradient.subarray(offset, offset + size), golden(`grad.${name}`).data, { relative })
    },
  )
})

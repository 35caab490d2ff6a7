import { beforeAll, describe, expect, it } from 'vitest'
import { flatten, weightFeeds } from '../../../electron/engine/encode/encoder.ts'
import { graphSession, type GraphSession, type Tensor } from '../../../electron/engine/runtime/session.ts'
import { readTorchCheckpoint } from '../../../electron/formats/torch/index.ts'
import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { layoutOf, type ParameterLayout } from '../../../models/nn/parameters.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { positionTables } from '../../../models/nucleusVit/positions.ts'
import { adamWState, adamWStep } from '../../../models/train/adamW.ts'
import { crossEntropy, targets } from '../../../models/train/loss.ts'
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
  type GoldenCrop,
} from './parityData.ts'

const classes = 4
const { width, heads } = config
const patches = 28 * 28
const sequence = 1 + patches + slots

describe.skipIf(!hasData('parity'))(
  'the classifier gives the numbers of the authors’ code, from their checkpoint',
  () => {
    let golden: Awaited<ReturnType<typeof goldens>>
    let crops: GoldenCrop[]
    let session: GraphSession
    let layout: ParameterLayout
    let values: Float32Array
    let first: Step
    const encoder = cropEncoder(config)

    interface Step {
      loss: number
      gradient: Float32Array
      results: Record<string, Tensor>[]
    }
    /** Loss and gradient of the golden batch: crops add up to one mean over all their nuclei. */
    async function step(): Promise<Step> {
      const total = crops.reduce((n, crop) => n + crop.labels.length, 0)
      const gradient = new Float32Array(layout.size)
      const results = []
      let loss = 0
      for (const crop of crops) {
        const result = await session.run({
          ...weightFeeds(layout, values, session.parameters),
          ...encoder.encode(crop.rgb, crop.boxes),
          targets: targets(crop.labels, total, { classes }),
        })
        loss += result.loss.data[0] as number
        for (const { name, offset } of layout.slots)
          result[`d ${name}`].data.forEach((g, i) => (gradient[offset + i] += Number(g)))
        results.push(result)
      }
      return { loss, gradient, results }
    }
    const part = (all: Float32Array, name: string) => {
      const { offset, size } = layout.slot(name)
      return all.subarray(offset, offset + size)
    }
    const numbers = (crop: number, name: string) => first.results[crop][name].data as Float32Array
    /** Crop b's share of a golden batch. */
    const share = (name: string, b: number) => {
      const { data } = golden(name)
      return data.slice((b * data.length) / crops.length, ((b + 1) * data.length) / crops.length)
    }

    beforeAll(async () => {
      golden = await goldens('finetune_expected.safetensors')
      crops = await goldenCrops()
      const graph = new Graph()
      const { tokens, nuclei, attentions } = nucleusVit(config, nucleusVitInputs(graph, config))
      const logits = classHead(nuclei, classes)
      const loss = crossEntropy(logits, graph.input('targets', ['N', classes]))
      const made = (is: (node: Graph['nodes'][number]) => boolean) => graph.nodes.find(is)!.outputs[0]
      const outputs: Record<string, Value> = {
        tokens,
        logits,
        attention: attentions.at(-1)!,
        loss,
        embedding: made((node) => node.scope === 'patch_embed.proj' && node.op.name === 'gemm'),
        roi_features: made((node) => node.op.name === 'matMul' && node.inputs[0].name === 'roi'),
      }
      gradients(loss, graph.parameters).forEach((g, i) => (outputs[`d ${graph.parameters[i].name}`] = g))
      layout = layoutOf(graph.parameters)
      values = flatten(layout, await readTorchCheckpoint(parityFile('finetune.pth')), 'finetune.pth')
      session = await graphSession(graph, outputs)
      first = await step()
    })

    it('positions of patches', () => {
      const table = everyNth(positionTables(config).patches, width, 37, 22)
      expectClose('patch positions', table, golden('position.patches_every_37th').data, { absolute: 1e-5 })
    })

    it('patch embedding and RoIAlign', () => {
      for (const [b, crop] of crops.entries()) {
        const embedding = everyNth(numbers(b, 'embedding'), width, 37, 22)
        expectClose('patch embedding', embedding, share('patch_embed.every_37th', b), { absolute })
        const ours = numbers(b, 'roi_features') // [9N, D], theirs [slots, D, 3, 3]
        const turned = Float32Array.from(
          { length: crop.labels.length * width * 9 },
          (_, i) => ours[(Math.floor(i / (9 * width)) * 9 + (i % 9)) * width + (Math.floor(i / 9) % width)],
        )
        expectClose('RoIAlign', turned, share('roi_align', b).subarray(0, turned.length), { absolute })
      }
    })

    it('tokens: [CLS], patches, nuclei', () => {
      for (const [b, crop] of crops.entries()) {
        const tokens = numbers(b, 'tokens')
        expectClose('[CLS]', tokens.subarray(0, width), share('tokens.cls', b), { absolute })
        const sample = everyNth(tokens.subarray(width, (1 + patches) * width), width, 37, 22)
        expectClose('patches', sample, share('tokens.patches_every_37th', b), { absolute })
        const nuclei = tokens.subarray((1 + patches) * width)
        expectClose('nuclei', nuclei, share('tokens.nuclei', b).subarray(0, crop.labels.length * width), { absolute })
      }
    })

    it('logits', () => {
      const logits = crops.flatMap((_, b) => [...numbers(b, 'logits')])
      expectClose('logits', logits, golden('logits.unpadded_nuclei').data, { absolute })
    })

    it('attention of [CLS] and of the first nucleus in the last block, with none on padding', () => {
      const rows = { 'attention.last_block_cls_row': 0, 'attention.last_block_nucleus0_row': 1 + patches }
      for (const [name, row] of Object.entries(rows))
        for (const [b, crop] of crops.entries()) {
          const tokens = 1 + patches + crop.labels.length
          const theirs = share(name, b)
          for (let head = 0; head < heads; head++) {
            const at = (head * tokens + row) * tokens
            const golden = theirs.subarray(head * sequence, (head + 1) * sequence)
            expectClose(name, numbers(b, 'attention').subarray(at, at + tokens), golden.subarray(0, tokens), {
              absolute: 1e-6,
            })
            expect(Math.max(0, ...golden.subarray(tokens))).toBe(0)
          }
        }
    })

    const gradientNames =
      'head.weight norm.weight blocks.1.attn.qkv.weight blocks.0.attn.q_bias blocks.0.attn.v_bias blocks.0.mlp.fc1.bias ' +
      'instance_embed.proj.weight patch_embed.proj.bias cls_token cls_pos_embed'
    it.each(gradientNames.split(' '))('the first gradient of %s', (name) => {
      expectClose(name, part(first.gradient, name), golden(`grad.${name}`).data, { relative })
    })

    it('twelve steps of AdamW: losses and weights', async () => {
      const began = values.slice()
      const state = adamWState(layout.size)
      const groups = layout.slots.map(({ offset, size }) => ({ offset, size, rateScale: 1, decay: true }))
      const losses: number[] = []
      for (let k = 0; k < 12; k++) {
        const { loss, gradient } = k === 0 ? first : await step()
        losses.push(loss)
        adamWStep(values, gradient, state, groups, 5e-4, { weightDecay: 0.05 })
      }
      expectClose('losses', losses, golden('adamw.losses').data, { relative })
      for (const name of ['head.weight', 'blocks.0.attn.proj.weight', 'patch_embed.proj.bias'])
        expectClose(name, part(values, name), golden(`after_12_steps.${name}`).data, { absolute })
      values.set(began)
    }, 300_000)
  },
)

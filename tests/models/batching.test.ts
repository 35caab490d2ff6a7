import { describe, expect, it } from 'vitest'
import { gradients } from '../../models/autodiff.ts'
import { Graph, type Value } from '../../models/graph/graph.ts'
import { layoutOf } from '../../models/nn/parameters.ts'
import { random } from '../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../models/nucleusVit/network.ts'
import { crossEntropy, targets } from '../../models/train/loss.ts'
import { graphSession, type Numbers } from '../../electron/engine/runtime/session.ts'

const common: NucleusVitConfig = {
  width: 32,
  layers: 2,
  heads: 2,
  imageSize: 64,
  patchSize: 16,
  positions: 'published',
  roiFeatures: 'after-positions',
}
const classes = 3
const crops = [
  { boxes: [4, 4, 20, 18, 30, 31, 50, 60, 0, 0, 9, 9], labels: [0, 2, 1] },
  { boxes: [10, 40, 25, 52], labels: [1] },
]

/** Loss and gradients of `batch` crops at once. */
async function session(config: NucleusVitConfig, batch: number) {
  const graph = new Graph()
  const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config, batch))
  const logits = classHead(nuclei, classes)
  const loss = crossEntropy(logits, graph.input('targets', [logits.shape[0], classes]))
  const outputs: Record<string, Value> = { logits, loss }
  gradients(loss, graph.parameters).forEach((g, i) => (outputs[`out ${graph.parameters[i].name}`] = g))
  return { layout: layoutOf(graph.parameters), session: await graphSession(graph, outputs) }
}

describe('crops in a batch', () => {
  const forms = [
    ['the paper’s network', common],
    ['what tiny-near adds', { ...common, nucleiOnPatches: true, nearness: true }],
  ] as const
  it.each(forms)(
    'give the same as one by one: padding changes neither logits nor gradients of %s',
    async (_, config) => {
      const rng = random(3)
      const encoder = cropEncoder(config)
      const single = await session(config, 1)
      const pair = await session(config, 2)
      const weights = Object.fromEntries(
        single.layout.slots.map(({ name, size }) => [
          name,
          Float32Array.from({ length: size }, () => 0.2 * rng.normal()),
        ]),
      )
      const encoded = crops.map(({ boxes }) => {
        const rgb = Uint8Array.from({ length: 3 * config.imageSize ** 2 }, () => rng.below(256))
        // Padded to three boxes as the authors do.
        const padded = [...boxes, ...new Array<number>(12 - boxes.length).fill(-1)]
        return { alone: encoder.encode(rgb, boxes), padded: encoder.encode(rgb, padded) }
      })
      const together = (key: 'image' | 'roi' | 'nucleus_positions') =>
        Float32Array.from(encoded.flatMap(({ padded }) => [...padded[key]]))
      const rows = (labels: number[]) => targets(labels, 4, { classes })

      const alone: Record<string, Numbers>[] = []
      for (const [i, { labels }] of crops.entries()) {
        const result = await single.session.run({ ...weights, ...encoded[i].alone, targets: rows(labels) })
        alone.push(Object.fromEntries(Object.entries(result).map(([name, { data }]) => [name, data])))
      }
      const both = await pair.session.run({
        ...weights,
        image: together('image'),
        roi: together('roi'),
        nucleus_positions: together('nucleus_positions'),
        patch_positions: encoded[0].alone.patch_positions,
        present: Float32Array.of(1, 1, 1, 1, 0, 0),
        targets: rows([...crops[0].labels, ...crops[1].labels, -1, -1]),
      })
      const close = (a: Numbers, b: Numbers, what: string) => {
        const scale = Math.max(1e-3, ...[...b].map((v) => Math.abs(Number(v))))
        b.forEach((v, i) => expect(Math.abs(Number(a[i]) - Number(v)) / scale, what).toBeLessThan(1e-5))
      }
      close(both.logits.data.subarray(0, 9) as Float32Array, alone[0].logits, 'logits of the first crop')
      close(both.logits.data.subarray(9, 12) as Float32Array, alone[1].logits, 'logits of the second crop')
      for (const { name, size } of single.layout.slots) {
        const key = `out ${name}`
        const sum = Float32Array.from({ length: size }, (_, k) => Number(alone[0][key][k]) + Number(alone[1][key][k]))
        close(both[key].data, sum, name)
      }
    },
  )
})

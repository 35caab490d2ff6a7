import { describe, expect, it } from 'vitest'
import { graphSession, type Numbers } from '../../electron/engine/runtime/session.ts'
import { gradients } from '../../models/autodiff.ts'
import { Graph } from '../../models/graph/graph.ts'
import { layoutOf } from '../../models/nn/parameters.ts'
import { random } from '../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../models/nucleusVit/network.ts'
import { crossEntropy, targets } from '../../models/train/loss.ts'
import { checkGradients } from '../support/checkGradients.ts'

const config: NucleusVitConfig = {
  width: 16,
  layers: 2,
  heads: 2,
  imageSize: 32,
  patchSize: 16,
  positions: 'published',
  roiFeatures: 'after-positions',
}
const classes = 3

/** A random crop with two nuclei, one of class 2 and one of class 0, as float64 feeds. */
function crop(of: NucleusVitConfig = config): Record<string, Numbers> {
  const rng = random(5)
  const rgb = Uint8Array.from({ length: 3 * config.imageSize ** 2 }, () => rng.below(256))
  const feeds = {
    ...cropEncoder(of, { training: true }).encode(rgb, [2, 3, 19, 17, 14, 9, 31, 28]),
    targets: targets([2, 0], 2, { classes, smoothing: 0.1 }),
    // The second block's attention dropped would hide its gradients: drop path scales the other branches.
    branch_scale: Float32Array.of(1, 1.25, 0.8, 1.1),
  }
  return Object.fromEntries(
    Object.entries(feeds).map(([name, data]) => [name, data instanceof BigInt64Array ? data : Float64Array.from(data)]),
  )
}

describe('a whole nucleus ViT’s gradients equal central differences in float64', () => {
  const forms = [
    ['RoI features after positions', { roiFeatures: 'after-positions' }],
    ['RoI features before positions', { roiFeatures: 'before-positions' }],
    ['what tiny-near adds', { nucleiOnPatches: true, nearness: true }],
  ] as const
  for (const [name, form] of forms)
    it(`with ${name}`, () =>
      checkGradients(
        (graph) => {
          const branchScale = graph.input('branch_scale', [2 * config.layers])
          const preset = { ...config, ...form }
          const { nuclei } = nucleusVit(preset, nucleusVitInputs(graph, preset), { branchScale })
          return crossEntropy(classHead(nuclei, classes), graph.input('targets', ['N', classes]))
        },
        { fixed: crop(), range: [-0.3, 0.3], sample: 4 },
      ))
})

describe('a nucleus ViT with a stem', () => {
  const stemmed: NucleusVitConfig = { ...config, roiFeatures: 'before-positions', stem: 'efficientnet-lite0' }
  const lossOf = (graph: Graph) => {
    const branchScale = graph.input('branch_scale', [2 * config.layers])
    const { nuclei } = nucleusVit(stemmed, nucleusVitInputs(graph, stemmed), { branchScale })
    return crossEntropy(classHead(nuclei, classes), graph.input('targets', ['N', classes]))
  }

  it('has gradients equal to central differences above the stem', () =>
    checkGradients(lossOf, {
      fixed: crop(stemmed),
      range: [-0.2, 0.2],
      sample: 1,
      only: (name) => !name.startsWith('stem.'),
    }))

  it('has the same gradients in the stem in float32 and, by other nodes, in float64', async () => {
    const results = []
    for (const dtype of ['float32', 'float64'] as const) {
      const graph = new Graph(dtype)
      const grads = gradients(lossOf(graph), graph.parameters)
      const outputs = Object.fromEntries(graph.parameters.map((v, i) => [`d ${v.name}`, grads[i]]))
      const session = await graphSession(graph, outputs, { threads: 1 })
      const rng = random(2)
      const cast = (data: Float64Array) => (dtype === 'float32' ? Float32Array.from(data) : data)
      const feeds: Record<string, Numbers> = {}
      for (const [name, data] of Object.entries(crop(stemmed)))
        feeds[name] = data instanceof Float64Array ? cast(data) : data
      for (const { name, shape, size } of layoutOf(graph.parameters).slots) {
        const limit = shape.length === 4 ? 2.5 / Math.sqrt(size / shape[0]) : 0.5
        feeds[name] = cast(Float64Array.from({ length: size }, () => rng.between(-limit, limit)))
      }
      results.push(await session.run(feeds))
      await session.release()
    }
    const [single, double] = results
    const stem = Object.keys(double).filter((name) => name.startsWith('d stem.'))
    expect(stem.length).toBe(66)
    for (const name of stem) {
      const [a, b] = [single[name].data as Float32Array, double[name].data as Float64Array]
      const size = b.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
      expect(size, name).toBeGreaterThan(0)
      b.forEach((v, i) => expect(Math.abs(a[i] - v) / size, `${name}[${i}]`).toBeLessThan(1e-3))
    }
  })
})

import { describe, it } from 'vitest'
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
function crop() {
  const rng = random(5)
  const rgb = Uint8Array.from({ length: 3 * config.imageSize ** 2 }, () => rng.below(256))
  const feeds = {
    ...cropEncoder(config).encode(rgb, [2, 3, 19, 17, 14, 9, 31, 28]),
    targets: targets([2, 0], 2, { classes, smoothing: 0.1 }),
    // The second block's attention dropped would hide its gradients: drop path scales the other branches.
    branch_scale: Float32Array.of(1, 1.25, 0.8, 1.1),
  }
  return Object.fromEntries(Object.entries(feeds).map(([name, data]) => [name, Float64Array.from(data)]))
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

import { Graph, type Value } from '../models/graph/graph.ts'
import { graphSession } from '../electron/engine/runtime/session.ts'
import { gradients } from '../models/autodiff.ts'
import { mul } from '../models/ops/elementwise.ts'
import { sum } from '../models/ops/reduce.ts'
import { efficientNet } from '../models/stem/efficientNet.ts'
import { nucleusVit, nucleusVitInputs } from '../models/nucleusVit/network.ts'
import { stemEmbedding, fedRoiReader } from '../models/nucleusVit/stemEmbedding.ts'
import { smallConfig } from '../tests/support/colourNuclei.ts'
const cfg = { ...smallConfig, stem: 'efficientnet-lite0', roiFeatures: 'before-positions' } as any
async function t(name: string, build: (g: Graph) => Value, grad: boolean) {
  const g = new Graph()
  const y = build(g)
  const outputs: any = { y }
  if (grad) gradients(sum(mul(y, y)), g.parameters).forEach((d, i) => (outputs['d' + i] = d))
  try {
    await graphSession(g, outputs, { provider: 'webgpu' })
    console.log(name, grad, 'session ok')
  } catch (e: any) {
    console.log(name, grad, 'FAIL', e.message.slice(0, 200))
  }
}
for (const grad of [false, true]) {
  await t('stem16', (g) => efficientNet(g.input('image', [1, 3, 64, 64]), 'efficientnet-lite0')[16], grad)
  await t('patches', (g) => stemEmbedding(cfg, g.input('image', [1, 3, 64, 64]), fedRoiReader(g, cfg)).patches, grad)
  await t('nuclei', (g) => stemEmbedding(cfg, g.input('image', [1, 3, 64, 64]), fedRoiReader(g, cfg)).nuclei, grad)
  await t('features', (g) => stemEmbedding(cfg, g.input('image', [1, 3, 64, 64]), fedRoiReader(g, cfg)).features, grad)
  await t('vit', (g) => nucleusVit(cfg, nucleusVitInputs(g, cfg)).nuclei, grad)
}

import { Graph, type Value } from '../models/graph/graph.ts'
import { graphSession } from '../electron/engine/runtime/session.ts'
import { gradients } from '../models/autodiff.ts'
import { mul } from '../models/ops/elementwise.ts'
import { sum } from '../models/ops/reduce.ts'
import { nucleusVit, nucleusVitInputs } from '../models/nucleusVit/network.ts'
import { stemEmbedding, fedRoiReader } from '../models/nucleusVit/stemEmbedding.ts'
import { efficientNet } from '../models/stem/efficientNet.ts'
import { cropEncoder } from '../models/nucleusVit/crop.ts'
import { smallConfig } from '../tests/support/colourNuclei.ts'
const cfg = { ...smallConfig, stem: 'efficientnet-lite0', roiFeatures: 'before-positions' } as any
async function t(name: string, build: (g: Graph) => Value, grad: boolean) {
  const g = new Graph()
  const y = build(g)
  const outputs: any = { y }
  if (grad) gradients(sum(mul(y, y)), g.parameters).forEach((d, i) => (outputs['d' + i] = d))
  const feeds: any = {
    ...cropEncoder(cfg, { training: true }).encode(
      new Uint8Array(64 * 64 * 3).map((_, i) => (i * i) % 251),
      [3, 4, 20, 18, 30, 30, 50, 44.5, 0, 40, 12, 64],
    ),
  }
  for (const p of g.parameters) {
    const sh = p.shape as number[]
    const n = sh.reduce((a, b) => a * b, 1)
    feeds[p.name] = Float32Array.from({ length: n }, (_, i) => (Math.sin(i * i * 0.7) * 1.5) / Math.sqrt(n / sh[0]))
  }
  try {
    const s = await graphSession(g, outputs, { provider: 'webgpu' })
    await s.run(feeds)
    console.log(name, grad, 'run ok')
  } catch (e: any) {
    console.log(name, grad, 'FAIL', e.message.slice(0, 200))
  }
}
for (const grad of [true]) {
  await t('stem16', (g) => efficientNet(g.input('image', [1, 3, 64, 64]), 'efficientnet-lite0')[16], grad)
  await t('stem4', (g) => efficientNet(g.input('image', [1, 3, 64, 64]), 'efficientnet-lite0')[4], grad)
}
